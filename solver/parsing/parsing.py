"""Lark parsers from the grammar files, their errors told as `InputError`."""

from __future__ import annotations

import re
from functools import cache

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken

from solver.errors import InputError, unknown
from solver.files import shipped

WORDS = {
    "KEY": "a key",
    "VALUE": "a value",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "EQUAL": "'='",
    "LABEL": "a name and ':'",
    "STRING": "a name in quotes and ':'",
    "NUMBER": "a number",
    "CONV": "conv",
    "DWCONV": "dwconv",
    "FC": "fc",
    "GEMM": "gemm",
    "MATMUL": "matmul",
    "CONVTRANSPOSE": "convtranspose",
    "MAXPOOL": "maxpool",
    "AVGPOOL": "avgpool",
    "LSTM": "lstm",
    "GRU": "gru",
    "RNN": "rnn",
    "ATTENTION": "attention",
    "ADD": "add",
    "MULTIPLY": "multiply",
    "HOST": "host",
    "GLOBAL": "global",
    "SAME": "same",
    "VALID": "valid",
    "STRIDE": "stride",
    "PAD": "pad",
    "DILATION": "dilation",
    "GROUPS": "groups",
    "OUTPAD": "outpad",
    "EXCLUDE": "exclude pad",
    "STEPS": "steps",
    "BIDIRECTIONAL": "bidirectional",
    "RESET": "reset after",
    "QUERIES": "queries",
    "KEYS": "keys",
    "PROJECTIONS": "projections",
    "OPERANDS": "operands",
    "TERMS": "terms",
    "BROADCAST": "broadcast",
    "BATCH": "batch",
    "WORD": "a word",
    "_KERNEL": "kernel",
    "_TIMES": "'x'",
    "_ARROW": "'->'",
    "_PRODUCT": "'*'",
    "_PLUS": "'+'",
    "_COMMA": "','",
    "_COLON": "':'",
    "_EQUALS": "'='",
    "_NL": "the end of the line",
    "$END": "the end",
}
"""The terminals of both grammars in words."""

KINDS = (
    "CONV",
    "DWCONV",
    "CONVTRANSPOSE",
    "MAXPOOL",
    "AVGPOOL",
    "FC",
    "GEMM",
    "MATMUL",
    "LSTM",
    "GRU",
    "RNN",
    "ATTENTION",
    "ADD",
    "MULTIPLY",
    "HOST",
)


@cache
def _parser(grammar: str) -> Lark:
    text = (shipped("grammar") / f"{grammar}.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", maybe_placeholders=False)


def parse_tree(grammar: str, text: str) -> Tree[Token]:
    """Parse a text.

    Parameters
    ----------
    grammar
        Name of a shipped grammar file, without ``.lark``.
    text
        What to parse; lines end in ``\\n``.

    Returns
    -------
    Tree
        The syntax tree; its tokens know their line and column.

    Raises
    ------
    InputError
        With line, column, the unexpected word, what was expected, and the line with a caret below it.
    """
    try:
        return _parser(grammar).parse(text)
    except UnexpectedInput as error:
        raise _input_error(error, text) from None


def token_error(
    text: str, token: Token, what: str = "", *, field: str, expected: str, found: str | None = None
) -> InputError:
    """Return the error for a word that is well formed but wrong.

    Parameters
    ----------
    text
        The whole text that was parsed.
    token
        The wrong word.
    what, field, expected
        As in `InputError`.
    found
        What to call it; the default is the word itself.

    Returns
    -------
    InputError
        With the line shown and a caret below the word.
    """
    return InputError(
        what,
        line=token.line,
        column=token.column,
        field=field,
        found=found or str(token),
        expected=expected,
        excerpt=_excerpt(UnexpectedToken(token, set()), text),
    )


def _excerpt(error: UnexpectedInput, text: str) -> str:
    return error.get_context(text).rstrip("\n")


def _input_error(error: UnexpectedInput, text: str) -> InputError:
    found = _found(error, text)
    column = error.column
    rest = text[error.pos_in_stream or 0 :].strip()
    if isinstance(error, UnexpectedToken) and error.token.type == "$END" and rest:
        # Lark gives the end the place of the last word; point behind it.
        error.pos_in_stream, column = error.token.end_pos, error.token.end_column
    names = error.interactive_parser.accepts()
    ends = (WORDS["_NL"], WORDS["$END"])
    if names.issuperset(KINDS) and found not in ends:
        mistake = unknown("kind of layer", found, [WORDS[name] for name in KINDS])
        if "LABEL" in names:
            mistake.expected = f"{mistake.expected}, or a name and ':'"
    else:
        # Blank lines may stand nearly everywhere: no help to anyone.
        words = [word for name, word in WORDS.items() if name in names and word != WORDS["_NL"]]
        mistake = InputError(found=found, expected=" or ".join(dict.fromkeys(words)))
    mistake.excerpt = _excerpt(error, text)
    return mistake.at(line=max(error.line, 1), column=max(column, 1))


def _found(error: UnexpectedInput, text: str) -> str:
    if isinstance(error, UnexpectedToken) and error.token.type in ("$END", "_NL"):
        return WORDS[error.token.type]
    word = re.compile(r"[^\s,:={}]+|.", re.DOTALL).match(text, error.pos_in_stream or 0)
    found = word.group() if word else "nothing"
    return found if found.isprintable() else ascii(found)
