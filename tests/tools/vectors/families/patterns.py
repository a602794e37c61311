"""patterns: what a pattern matches. prefixes: where MATCH looks."""

import fnmatch

from case import files
from families.rules import DENY, OTHER, SHA, product, two_steps

# Patterns: the verdict is that of the reference, Python's own fnmatchcase.

PATTERNS = [
    ("star-crosses-slash", "*.c", "src/deep/a.c", "A star matches slashes."),
    ("star-matches-leading-dot", "*", ".hidden", "A star matches a leading dot."),
    ("star-matches-hidden-inside", "src/*", "src/.git/config", "A star matches a leading dot of a component."),
    ("star-matches-nothing", "a*", "a", "A star matches nothing at all."),
    ("star-matches-line-feed", "a*b", "a\nb", "A star matches a line feed."),
    ("two-stars", "a*b*c", "a1b2b3c", "Two stars share what is between."),
    ("two-stars-not", "a*b*c", "a1c2b", "Two stars keep their order."),
    ("double-star", "**/a", "a", "Two stars are one star twice: they do not make a slash optional."),
    ("double-star-deep", "**/a", "x/y/a", "Two stars match as one does."),
    ("many-stars", "*a*a*a*a*a*b", "a" * 40, "Many stars do not take for ever."),
    ("question-mark", "a?c", "abc", "A question mark matches one character."),
    ("question-mark-not-two", "a?c", "abbc", "A question mark does not match two characters."),
    ("question-mark-not-none", "a?c", "ac", "A question mark does not match nothing."),
    ("question-mark-slash", "a?c", "a/c", "A question mark matches a slash."),
    ("question-mark-dot", "?a", ".a", "A question mark matches a leading dot."),
    ("question-mark-code-point", "?", "\U0001f600", "A question mark matches one code point of four bytes."),
    ("question-mark-two-units", "??", "\U0001f600", "A code point beyond 16 bits is one character, not two."),
    ("question-mark-combining", "?", "u\u0308", "A letter and its accent are two code points."),
    ("question-marks-combining", "??", "u\u0308", "A letter and its accent are two code points."),
    ("class", "[abc]", "b", "A class matches one of its characters."),
    ("class-not", "[abc]", "d", "A class matches nothing but its characters."),
    ("class-range", "[a-c]x", "bx", "A range matches what is between its ends."),
    ("class-range-end", "[a-c]", "c", "A range matches its end."),
    ("class-range-not", "[a-c]", "d", "A range matches nothing beyond its end."),
    ("class-range-beyond-16-bits", "[\U0001f600-\U0001f610]", "\U0001f605", "A range may be of any code points."),
    ("class-range-from-ascii", "[a-\u00ff]", "\u00fc", "A range may cross from ASCII."),
    ("class-slash", "a[/]b", "a/b", "A class may hold a slash."),
    ("class-range-slash", "a[.-0]b", "a/b", "A slash lies in the range between full stop and 0."),
    ("class-negated", "[!a]", "b", "A negated class matches any other character."),
    ("class-negated-not", "[!a]", "a", "A negated class does not match its characters."),
    ("class-negated-slash", "a[!x]b", "a/b", "A negated class matches a slash."),
    ("class-negated-range", "[!a-c]", "b", "A negated range."),
    ("class-caret", "[^a]", "b", "A caret negates nothing."),
    ("class-caret-itself", "[^a]", "^", "A caret is itself."),
    ("class-caret-not-first", "[a^]", "^", "A caret is itself anywhere."),
    ("class-bracket-first", "[]a]", "]", "A closing bracket that comes first is itself."),
    ("class-bracket-first-rest", "[]a]", "a", "A class goes on after a closing bracket that comes first."),
    ("class-negated-bracket-first", "[!]a]", "]", "A closing bracket after the exclamation mark is itself."),
    ("class-negated-bracket-first-rest", "[!]a]", "b", "A negated class that starts with a closing bracket."),
    ("class-opening-bracket", "[[]a", "[a", "An opening bracket in a class is itself."),
    ("class-hyphen-first", "[-a]", "-", "A hyphen that comes first is itself."),
    ("class-hyphen-last", "[a-]", "-", "A hyphen that comes last is itself."),
    ("class-hyphen-after-range", "[a-c-e]", "-", "A hyphen after a range is itself."),
    ("class-hyphen-after-range-not", "[a-c-e]", "d", "A range does not go on after a second hyphen."),
    ("class-hyphen-range", "[--0]x", ".x", "A hyphen may start a range."),
    ("class-turned-range", "[z-a]", "m", "A range that ends before it starts holds nothing."),
    ("class-negated-turned-range", "[!z-a]", "m", "A negated range that holds nothing matches everything."),
    (
        "class-turned-range-then-negation",
        "[b-a!c]",
        "c",
        "Python takes empty ranges out before it looks for the exclamation mark.",
    ),
    ("class-exclamation-last", "[a!]", "!", "An exclamation mark that does not come first is itself."),
    (
        "class-exclamation-alone",
        "[!]",
        "[!]",
        "A class that is not closed is a literal bracket, and so is what follows.",
    ),
    ("class-empty", "[]", "[]", "An empty class is none, but two brackets."),
    ("class-unclosed", "[abc", "[abc", "A class that is not closed is a literal bracket."),
    ("class-unclosed-not", "[abc", "a", "A class that is not closed is no class."),
    ("class-unclosed-star", "[a*", "[abc", "A star after a bracket that is not closed is a star."),
    ("class-star", "[*]", "*", "A star in a class is itself."),
    ("class-star-not", "[*]", "a", "A star in a class is nothing but itself."),
    ("class-backslash", "[\\]", "\\", "A backslash in a class is itself."),
    ("class-backslash-n", "[\\n]", "n", "A backslash in a class escapes nothing."),
    ("class-ampersands", "[a&&b]", "&", "Two ampersands are characters, not an intersection."),
    ("class-bars", "[a||b]", "|", "Two bars are characters."),
    ("class-tildes", "[a~~b]", "~", "Two tildes are characters."),
    ("class-posix", "[[:alpha:]]", "a", "There are no named classes."),
    ("backslash", "a\\b", "a\\b", "A backslash is itself."),
    ("backslash-star", "a\\*", "a*", "A backslash does not escape a star."),
    ("backslash-star-itself", "a\\*", "a\\xyz", "A backslash is itself before a star."),
    ("backslash-no-slash", "a\\b", "a/b", "A backslash is no slash."),
    ("braces", "{a,b}", "a", "Braces mean nothing."),
    ("braces-themselves", "{a,b}", "{a,b}", "Braces are themselves."),
    ("full-stop", "a.c", "abc", "A full stop is itself."),
    ("plus", "a+", "aa", "A plus is itself."),
    ("parentheses", "(a|b)", "a", "Parentheses and bars are themselves."),
    ("dollar", "a$", "a", "A dollar sign is itself."),
    ("caret", "^a", "a", "A caret is itself."),
    ("whole", "a", "ab", "A pattern matches the whole name."),
    ("whole-start", "b", "ab", "A pattern matches from the start."),
    ("line-feed-at-the-end", "a", "a\n", "A line feed at the end is a character."),
    ("capitals", "A", "a", "Letters are compared as they are."),
    ("sharp-s", "ss", "\u00df", "No letter is folded."),
    ("composed", "\u00fc", "u\u0308", "Unicode is not normalised."),
    ("empty", "", "a", "An empty pattern matches no name."),
    ("directory", "src", "src/a", "A directory's name does not match what is in it."),
    ("trailing-slash", "src/", "src/a", "A slash at the end is a slash."),
    ("dot-slash", "./a", "a", "A pattern is not normalised."),
    ("absolute", "/etc/*", "/etc/passwd", "A pattern may be absolute."),
    ("space", "a b", "a b", "A space is itself."),
    ("uri", "git+https://*", "git+https://example.org/a", "A pattern may match a URI."),
    ("zero-byte", "a?b", "a\0b", "A question mark matches a zero byte."),
]
for name, pattern, text, why in PATTERNS:
    matches = fnmatch.fnmatchcase(text, pattern)
    product(
        "verified" if matches else "rule-disallow",
        name,
        why,
        [["ALLOW", pattern], DENY],
        files(text),
        family="patterns",
    )
for keyword, rules, name in [
    ("create", [["CREATE", "[a-c]/?*"], DENY], "b/.x"),
    ("disallow", [["DISALLOW", "[!b]/*"], ["ALLOW", "*"]], "b/x"),
    ("match", [["MATCH", "[]b]?*", "WITH", "PRODUCTS", "FROM", "fetch"], DENY], "b/x"),
]:
    product(
        "verified",
        f"pattern-of-{keyword}",
        f"The patterns of {keyword.upper()} are the same.",
        rules,
        files(name),
        earlier=files(name),
        family="patterns",
    )
two_steps(
    "verified",
    "pattern-of-delete",
    "The patterns of DELETE are the same.",
    [["DELETE", "[a-c]?*"], DENY],
    files("b/x"),
    family="patterns",
)
product(
    "verified",
    "pattern-of-modify",
    "The patterns of MODIFY are the same.",
    [["MODIFY", "[a-c]?*"], DENY],
    {"b/x": SHA},
    {"b/x": OTHER},
    family="patterns",
)

# Prefixes


def prefix(expect, name, why, pattern, source, target, here, there, **more):
    rule = [
        "MATCH",
        pattern,
        *(["IN", source] if source is not None else []),
        "WITH",
        "PRODUCTS",
        *(["IN", target] if target is not None else []),
        "FROM",
        "fetch",
    ]
    two_steps(
        expect,
        name,
        why,
        [rule, DENY],
        {name: SHA for name in here},
        earlier={name: SHA for name in there},
        family="prefixes",
        **more,
    )


prefix(
    "verified",
    "source",
    "A prefix here: what lies in the directory is compared with what lies nowhere there.",
    "*",
    "src",
    None,
    ["src/a"],
    ["a"],
)
prefix("verified", "target", "A prefix there.", "*", None, "out", ["a"], ["out/a"])
prefix("verified", "both", "A prefix on either side.", "*", "src", "out", ["src/a", "src/b/c"], ["out/a", "out/b/c"])
prefix("verified", "same-on-both-sides", "The same prefix on either side.", "*", "src", "src", ["src/a"], ["src/a"])
prefix("verified", "several-components", "A prefix of several components.", "*", "a/b", "c/d/e", ["a/b/x"], ["c/d/e/x"])
prefix(
    "rule-disallow",
    "source-required",
    "Where a prefix is given, what does not have it is not taken.",
    "*",
    "src",
    None,
    ["a"],
    ["a"],
)
prefix(
    "rule-disallow",
    "target-required",
    "Where a prefix is given, what does not have it there is not it.",
    "*",
    None,
    "out",
    ["a"],
    ["a"],
)
prefix("rule-disallow", "wrong-side", "A prefix here is none there.", "*", "src", None, ["src/a"], ["src/a"])
prefix(
    "rule-disallow",
    "part-of-a-component",
    "A prefix is whole components: `src` is not where `srcs/a` lies.",
    "*",
    "src",
    None,
    ["srcs/a"],
    ["s/a"],
)
prefix(
    "rule-disallow",
    "part-of-a-component-there",
    "A prefix is whole components there too.",
    "*",
    None,
    "out",
    ["a"],
    ["output/a"],
)
prefix(
    "rule-disallow",
    "file-called-so",
    "A file that is called as the prefix does not lie in it.",
    "*",
    "src",
    None,
    ["src"],
    ["src"],
)
prefix("rule-disallow", "deeper", "A prefix starts at the front.", "*", "src", None, ["x/src/a"], ["a"])
prefix(
    "verified",
    "pattern-of-the-rest",
    "The pattern is for what follows the prefix.",
    "a",
    "src",
    "out",
    ["src/a"],
    ["out/a"],
)
prefix(
    "rule-disallow",
    "pattern-of-the-whole",
    "The pattern is not for the prefix.",
    "src/a",
    "src",
    "out",
    ["src/a"],
    ["out/a"],
)
prefix("verified", "trailing-slash", "One slash at the end is dropped.", "*", "src/", "out/", ["src/a"], ["out/a"])
prefix("rule-disallow", "literal-star", "A prefix is literal: a star is a star.", "*", "s*c", None, ["src/a"], ["a"])
prefix(
    "verified",
    "literal-star-itself",
    "A prefix is literal: a directory called `s*c`.",
    "*",
    "s*c",
    None,
    ["s*c/a"],
    ["a"],
)
prefix(
    "rule-disallow",
    "literal-class",
    "A prefix is literal: brackets are brackets.",
    "*",
    None,
    "[o]ut",
    ["a"],
    ["out/a"],
)
prefix("rule-disallow", "other-letters", "A prefix is compared letter by letter.", "*", "SRC", None, ["src/a"], ["a"])
prefix("verified", "hidden", "A prefix may start with a dot.", "*", ".src", "..src", [".src/a"], ["..src/a"])
prefix("verified", "three-dots", "Three dots are a name.", "*", "...", None, [".../a"], ["a"])
prefix("verified", "space", "A prefix may have spaces.", "*", " ", None, [" /a"], ["a"])
prefix(
    "verified",
    "beyond-ascii",
    "A prefix may be of any characters.",
    "*",
    "\u4e16/\U0001f600",
    None,
    ["\u4e16/\U0001f600/a"],
    ["a"],
)
prefix("verified", "swapped", "Two directories that were swapped.", "*", "a", "b", ["a/x"], ["b/x", "a/y"])
prefix(
    "rule-disallow",
    "other-content",
    "What lies at the corresponding place is compared, not what lies at the same.",
    "*",
    "a",
    "b",
    ["a/x"],
    ["a/x"],
)
for name, text in [("absolute", "/src"), ("two-dots", ".."), ("up", "../src"), ("up-twice", "../../src/x")]:
    why = f"The prefix {text!r} is a normalised path."
    prefix("verified", name, f"{why} What lies below it is compared with what lies elsewhere there.", "*", text, "out", [f"{text}/a"], ["out/a"])
    prefix("verified", f"{name}-there", f"{why} It may be the other step's.", "*", "src", text, ["src/a"], [f"{text}/a"])
    prefix("verified", f"{name}-with-slash", f"{why} One slash at the end is dropped.", "a", f"{text}/", None, [f"{text}/a"], ["a"])
    prefix("rule-disallow", f"{name}-required", f"{why} What lies elsewhere is not below it.", "*", text, None, ["src/a"], ["a"])
prefix(
    "rule-disallow",
    "absolute-is-not-relative",
    "An absolute path does not lie below a relative prefix of the same components.",
    "*",
    "src",
    None,
    ["/src/a"],
    ["a"],
)
prefix(
    "verified",
    "up-below-up",
    "What is below `..` may lead up further.",
    "../a",
    "..",
    "../..",
    ["../../a"],
    ["../../../a"],
)
for name, text in [
    ("empty", ""),
    ("slash", "/"),
    ("dot", "."),
    ("dot-first", "./src"),
    ("dot-inside", "a/./b"),
    ("dot-last", "src/."),
    ("up-inside", "a/../b"),
    ("up-last", "a/.."),
    ("up-first-and-last", "../a/.."),
    ("absolute-up", "/../a"),
    ("absolute-dot", "/./a"),
    ("two-slashes-first", "//src"),
    ("empty-component", "a//b"),
    ("two-slashes-last", "src//"),
    ("dot-with-slash", "./"),
    ("two-slashes", "//"),
]:
    why = f"The prefix {text!r} is no normalised path."
    prefix("layout-prefix", f"bad-{name}", why, "*", text, None, [], [])
    prefix("layout-prefix", f"bad-there-{name}", why, "*", None, text, [], [])
prefix("layout-rule", "number", "A prefix is a text.", "*", 1, None, [], [])
