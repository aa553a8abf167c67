"""Writes html_entities.def, character_fixes.def, character_classes.def and lower_case.def beside
this file, from Python's own tables (HTML 5 entity names, Windows-1252, Unicode compatibility forms,
categories and case). Python 3.11, standard library.

    python engine/text/make_tables.py
"""

import html.entities
import pathlib
import sys
import unicodedata

HERE = pathlib.Path(__file__).parent
COLUMNS = 100


def literal(text):
    """A C string; every byte that is not plain ASCII as an octal escape."""
    plain = lambda byte: 32 <= byte < 127 and chr(byte) not in '"\\?'
    return '"' + "".join(chr(b) if plain(b) else f"\\{b:03o}" for b in text.encode()) + '"'


def write(name, about, entries):
    lines, line = [], ""
    for entry in entries:
        if line and len(line) + 1 + len(entry) > COLUMNS:
            lines.append(line)
            line = ""
        line += (" " if line else "") + entry
    lines.append(line)
    text = f"// {about}\n// Written by make_tables.py; do not edit.\n// clang-format off\n"
    (HERE / name).write_text(text + "\n".join(lines) + "\n// clang-format on\n")


def entities():
    for name, value in sorted(html.entities.html5.items()):
        yield f"{{{literal(name)}, {literal(value)}}},"


def character_fixes():
    fixes = {}
    for code in range(0x80, 0xA0):  # C1 controls are Windows-1252 that was read as Latin-1
        try:
            fixes[code] = bytes([code]).decode("cp1252")
        except UnicodeDecodeError:
            pass
    for code in (0x132, 0x133, 0x149, *range(0x1C4, 0x1CD), *range(0x1F1, 0x1F4),
                 *range(0xFB00, 0xFB07)):  # ligatures of Latin letters; the accent stays composed
        parts = unicodedata.decomposition(chr(code)).split()[1:]
        fixes[code] = "".join(chr(int(part, 16)) for part in parts)
    fixes[0x3000] = " "
    for code in range(0xFF01, 0xFFF0):  # full-width and half-width forms
        form = unicodedata.normalize("NFKC", chr(code))
        if form != chr(code):
            fixes[code] = form
    for code in (0x2BC, *range(0x2018, 0x201C)):
        fixes[code] = "'"
    for code in range(0x201C, 0x2020):
        fixes[code] = '"'
    fixes[0x2028] = fixes[0x2029] = "\n"
    controls = (*range(0x00, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, *range(0x206A, 0x2070), 0xFEFF,
                *range(0xFFF9, 0xFFFD))
    for code in controls:
        fixes[code] = ""
    for code, value in sorted(fixes.items()):
        yield f"{{0x{code:04X}, {literal(value)}}},"


def character_classes():
    """Ranges of letters (category L) and numbers (category N)."""
    kind, first = None, 0
    for code in range(sys.maxunicode + 2):
        now = unicodedata.category(chr(code))[0] if code <= sys.maxunicode else None
        now = now if now in ("L", "N") else None
        if now != kind:
            if kind:
                yield f"{{0x{first:X}, 0x{code - 1:X}, '{kind}'}},"
            kind, first = now, code


def lower_case():
    for code in range(0x80, sys.maxunicode + 1):
        lower = chr(code).lower()
        if lower != chr(code):
            yield f"{{0x{code:X}, {literal(lower)}}},"


write("character_classes.def", "Ranges of letters (L) and numbers (N), in order.",
      character_classes())
write("lower_case.def", "Characters beyond ASCII whose lower case is another, in order.",
      lower_case())
write("html_entities.def", "Names of HTML 5 entities behind '&', in byte order, and what they stand for.",
      entities())
write("character_fixes.def", "Characters that are replaced one by one, in order, and by what.",
      character_fixes())
