/** Everything that draws charts, as one file that is loaded once. */

export { compile } from "vega-lite";
export { View, parse, read } from "vega";
export { expressionInterpreter } from "vega-interpreter";
