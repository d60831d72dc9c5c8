/** The grid's styles, one after the other: it brings them along, since not every page has a grid. */

import cells from "../styles/grid_cells.css";
import head from "../styles/grid_head.css";
import selection from "../styles/grid_selection.css";
import status from "../styles/grid_status.css";

export default [head, cells, selection, status].join("\n");
