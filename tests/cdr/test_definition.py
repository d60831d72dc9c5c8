"""The language of formats: what it knows, and what it says about what it does not know."""

from importlib.resources import files
from pathlib import Path

import pytest

from cxreports import cdr
from cxreports.cdr.definition import parse_format
from cxreports.errors import FormatError, LoadError

SMALL = """
name = "small"
[[layout]]
needs = ["when"]
[fields.call_time]
column = "when"
[[connected]]
field = "call_time"
present = true
"""


def test_the_formats_that_come_along() -> None:
    known = cdr.known_formats()
    assert list(known) == sorted(known)
    for name, source_format in known.items():
        assert source_format.name == name
        assert source_format.documents, f"{name} names no document of its vendor"
        assert cdr.format_from(name) is source_format


@pytest.mark.parametrize("name", cdr.known_formats())
def test_the_formats_that_come_along_say_nothing_that_duckdb_refuses(name: str) -> None:
    text = files("cxreports.cdr").joinpath("formats", f"{name}.toml").read_text("utf-8")
    assert parse_format(text, f"{name}.toml") == cdr.known_formats()[name]


def test_the_smallest_format() -> None:
    small = parse_format(SMALL, "small.toml")
    assert (small.name, small.title, small.customer.default) == ("small", "small", "default")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("nonsense = 1\n" + SMALL, r"small.toml: nonsense: is not known here; known are comment, connected"),
        (SMALL + "[fields.colour]\ncolumn='c'\n", r"\[fields\] colour: is not a field; fields are call_id"),
        (SMALL + "[fields.source]\ncolunm='c'\n", r"\[fields.source\] colunm: is not known here"),
        (SMALL + "[fields.source]\ncolumn='c'\nconstant='d'\n", "exactly one of column, constant and from"),
        (SMALL + "[fields.source]\nregex='x'\ncolumn='c'\n", "has no group"),
        (SMALL + "[fields.source]\nregex='('\ncolumn='c'\n", "is not an expression"),
        (SMALL + "[fields.charge]\ncolumn='c'\nepoch='s'\n", "epoch: does not go with a value of kind money"),
        (SMALL + "[fields.source]\ncolumn='c'\nnegate=true\n", "negate: does not go with"),
        (SMALL + "[fields.ring_s]\nfrom='call_time'\nuntil='ansering'\n", "uses 'ansering'"),
        (
            SMALL + "[fields.ring_s]\ncolumn='c'\nunit='fortnight'\n",
            "should be one of clock, min, mm:ss, ms, s, us",
        ),
        (SMALL + "[customer]\ncolumn=3\n", r"\[customer\] column: 3 should be a text"),
        ('zone = "Mars"\n' + SMALL, "'Mars' is not a zone"),
        (SMALL.replace("call_time", "end_time"), "fields.call_time: is missing"),
        (SMALL.replace("needs", "need"), "need: is not known here"),
        (SMALL.replace('needs = ["when"]', ""), "needs: is missing"),
        (SMALL.replace("needs", "header = false\nneeds"), "columns: is missing"),
        (SMALL.replace("present = true", ""), "exactly one of in, present, positive and between"),
        (SMALL.replace('name = "small"', ""), "name: is missing"),
        (SMALL.replace("[[layout]]", "[[layout"), "is not TOML"),
        (SMALL + "[pair]\ncolumn='m'\nopens='A'\ncloses='B'\ntags='x'\n", "tags: needs the two columns"),
        (
            SMALL + "[pair]\ncolumn='m'\nopens='A'\ncloses='B'\ntags=['x','y']\n",
            r"small.toml: \[pair\] key: is missing: name the columns",
        ),
        (
            SMALL + "[pair]\ncolumn='m'\nopens='A'\ncloses='B'\ntags=['x','y']\nkey='c'\nclosing='charge'\n",
            r"small.toml: \[pair\] closing: charge is no text field",
        ),
        ("customer = [1]\n" + SMALL, r"customer: \[1\] should be one table: write \[customer\] once"),
        (SMALL + "[[customer]]\ncolumn='a'\n[[customer]]\ncolumn='b'\n", "customer: .* one table"),
        (SMALL + "[customer]\ndefault='all'\n", r"\[customer\] default: 'all' stands for all customers"),
        (
            SMALL + "[fields.source]\ncolumn='c'\nregex='(?=x)(a)'\n",
            r"\[fields.source\] regex: .* is not an expression of RE2: invalid perl operator",
        ),
        (SMALL + "[fields.source]\ncolumn='c'\nregex='(?:x)[(]'\n", "has no group"),
        (
            SMALL + "[fields.end_time]\ncolumn='c'\nformats=['iso','%Q']\n",
            r"\[fields.end_time\] formats: '%Q' is neither 'iso', an order .* nor a strptime format: .*%Q",
        ),
        (
            SMALL + "[extra.sip_code]\ncolumn='c'\n",
            r"\[extra\] sip_code: is a field of the record already; give",
        ),
        (
            SMALL + "[fields.sip_code]\nconstant='abc'\n",
            r"\[fields.sip_code\] constant: 'abc' is not a SIP code",
        ),
        (SMALL + "[fields.sip_code]\ncolumn='c'\nmap={x='9'}\n", "map: '9' is not a SIP code"),
        (SMALL + "[fields.direction]\nconstant='up'\n", "constant: 'up' gives no value"),
        (
            SMALL + "[[connected]]\nfield='call_time'\nbetween=[true,2]\n",
            r"\[connected\] between: \[True, 2\] should be a list of whole numbers",
        ),
        (SMALL.replace("needs", "header='yes'\nneeds"), r"\[layout\] header: 'yes' should be true or false"),
        (
            SMALL.replace("needs", "optional=true\nneeds"),
            r"\[layout\] optional: True should be a whole number",
        ),
        (SMALL.replace("needs", "like={a='('}\nneeds"), r"\[layout\] like: '\(' is not an expression: "),
        (SMALL.replace("needs", "delimiter=';;'\nneeds"), r"delimiter: ';;' must be one ASCII character"),
        (SMALL + "[fields.source]\ncolumn='c'\nmap=3\n", r"\[fields.source\] map: 3 should map texts to"),
        (SMALL + "[fields]\nsource=3\n", r"\[fields\] source: 3 should be a table or an array of tables"),
        ("documents=[1]\n" + SMALL, r"small.toml: documents: \[1\] should be a text or a list of texts"),
        (SMALL + "[extra.x]\ntype='blob'\ncolumn='c'\n", r"\[extra.x\] type: 'blob' should be one of code, "),
        (SMALL + "[[fields.source]]\ncolumn='a'\nunit='s'\n", r"\[fields.source\] unit: does not go with"),
    ],
)
def test_what_is_wrong_and_where(changed: str, said: str) -> None:
    with pytest.raises(FormatError, match=said) as refusal:
        parse_format(changed, "small.toml")
    assert "\n" not in str(refusal.value)


def test_values_computed_from_each_other_are_refused(tmp_path: Path) -> None:
    import duckdb

    own = SMALL + '[fields.answer_time]\nfrom = "end_time"\n[fields.end_time]\nfrom = "answer_time"\n'
    path = tmp_path / "calls.csv"
    path.write_text("when\n2026-03-02 10:00:00\n")
    with duckdb.connect() as connection, pytest.raises(FormatError, match="computed from each other"):
        cdr.read(connection, path, source_format=parse_format(own, "own.toml"))


def test_no_such_format() -> None:
    with pytest.raises(FormatError, match="Known formats: asterisk, avaya-ipo"):
        cdr.format_from("avaya")


def test_every_word_of_the_language(tmp_path: Path) -> None:
    """One format that uses everything which the vendors' formats leave unused."""
    import duckdb

    own = """
name = "everything"
comment = "#"
null = ["-"]
[[layout]]
name = "list"
header = false
delimiter = "|"
quote = "'"
columns = ["at", "kind", "talk", "ring", "price", "user", "code", "note"]
optional = 1
like = { at = '^\\d{13}$' }
[customer]
required = true
[[connected]]
column = "kind"
in = ["voice ok"]
[fields.call_time]
column = "at"
epoch = "ms"
[fields.duration_s]
column = "talk"
unit = "clock"
[[fields.ring_s]]
column = "ring"
unit = "ms"
[fields.billed_duration_s]
column = "talk"
regex = '^\\d+:(\\d+)'
unit = "min"
[fields.charge]
column = "price"
negate = true
[fields.source]
column = "user"
regex = '^sip:([^@]+)@'
[fields.call_id]
column = ["at", "code"]
join = "/"
[fields.direction]
constant = "outbound"
[fields.release_reason]
column = "code"
map = { "16" = "normal", "17" = "busy" }
other = "reject"
[fields.sip_reason]
column = "code"
map = { "16" = "OK" }
other = "keep"
"""
    source_format = parse_format(own, "own.toml")
    path = tmp_path / "calls.txt"
    path.write_text(
        "# made by hand\n"
        "1772442900123|Voice OK|01:02:03|1500|-0.5|sip:100@example.com|16|x\n"
        "1772442900124|voice failed|-|-|-|-|17\n"
        "1772442900125|voice failed|-|-|-|'it''s | me'|99|x\n"
    )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        result = cdr.read(connection, path, source_format=source_format, customer="acme")
        assert (result.lines, result.rows, result.skipped, result.rejected) == (4, 3, 1, 1)
        rows = connection.execute(
            f"""SELECT epoch_ms(call_time), connected, CAST(duration_s AS FLOAT), CAST(ring_s AS FLOAT),
            CAST(billed_duration_s AS FLOAT), CAST(charge AS FLOAT), source, call_id, direction,
            release_reason, sip_reason, epoch_ms(end_time) FROM {result.cdr} ORDER BY 1"""
        ).fetchall()
        assert rows == [
            (1772442900123, True, 3723.0, 1.5, 120.0, 0.5, "100", "1772442900123/16", "outbound", "normal",
             "OK", 1772442900123 + 1500 + 3723000),
            (1772442900124, False, 0.0, None, None, None, None, "1772442900124/17", "outbound", "busy", "17",
             1772442900124),
        ]  # fmt: skip
        ((reason,),) = connection.execute(f"SELECT reason FROM {result.reject}").fetchall()
        assert reason == "release_reason: '99' is not one of the words that the format knows"
        with pytest.raises(LoadError, match="--customer"):
            cdr.read(connection, path, source_format=source_format)
