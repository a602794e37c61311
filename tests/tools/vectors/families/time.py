"""expiry and time: which texts are times, when a layout has expired, and what a machine without a good clock does."""

from case import add, case, one

FORMS = [
    ("offset", "2040-01-01T00:00:00+00:00", "an offset instead of Z"),
    ("both-zone-and-offset", "2040-01-01T00:00:00+00:00Z", "an offset and Z"),
    ("no-zone", "2040-01-01T00:00:00", "no Z"),
    ("fraction", "2040-01-01T00:00:00.5Z", "a fraction of a second"),
    ("empty-fraction", "2040-01-01T00:00:00.Z", "a full stop after the seconds"),
    ("space", "2040-01-01 00:00:00Z", "a space instead of T"),
    ("small-t", "2040-01-01t00:00:00Z", "a small t"),
    ("small-z", "2040-01-01T00:00:00z", "a small z"),
    ("date", "2040-01-01", "a date alone"),
    ("no-seconds", "2040-01-01T00:00Z", "no seconds"),
    ("no-separators", "20400101T000000Z", "no separators"),
    ("slashes", "2040/01/01T00:00:00Z", "slashes"),
    ("short-numbers", "2040-1-1T0:0:0Z", "numbers of one digit"),
    ("five-digit-year", "12040-01-01T00:00:00Z", "a year of five digits"),
    ("sign", "+2040-01-01T00:00:00Z", "a sign"),
    ("negative-month", "2040--1-01T00:00:00Z", "a negative month"),
    ("month-thirteen", "2040-13-01T00:00:00Z", "a thirteenth month"),
    ("month-zero", "2040-00-01T00:00:00Z", "a month 0"),
    ("day-zero", "2040-01-00T00:00:00Z", "a day 0"),
    ("april-31", "2040-04-31T00:00:00Z", "a 31st of April"),
    ("february-30", "2040-02-30T00:00:00Z", "a 30th of February"),
    ("february-29", "2041-02-29T00:00:00Z", "a 29th of February in a common year"),
    ("february-29-of-2100", "2100-02-29T00:00:00Z", "a 29th of February in a century that is no leap year"),
    ("hour-24", "2040-01-01T24:00:00Z", "an hour 24"),
    ("minute-60", "2040-01-01T00:60:00Z", "a minute 60"),
    ("leap-second", "2040-12-31T23:59:60Z", "a leap second"),
    ("real-leap-second", "2016-12-31T23:59:60Z", "a leap second that there was"),
    ("leading-space", " 2040-01-01T00:00:00Z", "a space before"),
    ("trailing-space", "2040-01-01T00:00:00Z ", "a space after"),
    ("trailing-line-feed", "2040-01-01T00:00:00Z\n", "a line feed after"),
    ("arabic-digits", "\u0662\u0660\u0664\u0660-01-01T00:00:00Z", "digits of another script"),
    ("full-width-digits", "\uff12\uff10\uff14\uff10-01-01T00:00:00Z", "wide digits"),
    ("words", "never", "words"),
    ("empty", "", "nothing"),
    ("number", 2208988800, "a number of seconds"),
    ("null", None, "null"),
]
for name, text, what in FORMS:
    why = f"An expiry has exactly one form, and {what} is not of it."
    add(
        "expiry",
        name,
        why,
        "layout-expires",
        lambda c, text=text: c.simple(layout={"expires": text}),
        lambda name: one(name),
    )

TIMES = [
    ("same-second", "2026-06-01T00:00:00Z", "layout-expired", "At the second of its expiry a layout has expired."),
    ("next-second", "2026-06-01T00:00:01Z", "verified", "A second before its expiry a layout is valid."),
    ("second-before", "2026-05-31T23:59:59Z", "layout-expired", "A second after its expiry a layout has expired."),
    ("leap-day", "2040-02-29T00:00:00Z", "verified", "The 29th of February is a day of a leap year."),
    ("leap-day-of-2400", "2400-02-29T00:00:00Z", "verified", "Every fourth century is a leap year."),
    ("end-of-time", "9999-12-31T23:59:59Z", "verified", "The last second that can be written is far away."),
    ("epoch", "1970-01-01T00:00:00Z", "layout-expired", "The second 0 is a time, and long gone."),
    (
        "before-the-epoch",
        "1969-12-31T23:59:59Z",
        "layout-expired",
        "A second before 1970 is a real time in the right form, and long gone.",
    ),
    (
        "year-one",
        "0001-01-01T00:00:00Z",
        "layout-expired",
        "The year 1 is a real time in the right form, and long gone.",
    ),
    ("beyond-2038", "2038-01-19T03:14:08Z", "verified", "Seconds that do not fit 32 bits are seconds all the same."),
    (
        "beyond-2106",
        "2106-02-07T06:28:16Z",
        "verified",
        "Seconds that do not fit 32 bits without a sign either are seconds all the same.",
    ),
]
for name, text, expect, why in TIMES:
    add("expiry", name, why, expect, lambda c, text=text: c.simple(layout={"expires": text}))


@case("expiry", "layout-expired")
def asked_about_the_future(c):
    """The time that is asked about decides, not that of the machine."""
    c.more["at"] = "2045-01-01T00:00:00Z"
    c.simple()


@case("expiry", "verified")
def asked_about_the_past(c):
    """A layout that has expired since was valid then."""
    c.more["at"] = "2019-12-31T23:59:59Z"
    c.simple(layout={"expires": "2020-01-01T00:00:00Z"})


def clock(name, why, expect, at, expires, earliest=None, warnings=()):
    def make(c):
        c.more["at"] = at
        if earliest:
            c.trust(earliest_time=earliest)
        c.warns(*warnings)
        c.simple(layout={"expires": expires})

    add("time", name, why, expect, make)


SPRING, SUMMER, AUTUMN = (f"2026-{month}-01T00:00:00Z" for month in ("03", "06", "09"))
clock(
    "no-clock",
    "Without a clock nobody knows whether the layout has expired, which is worth a warning.",
    "verified",
    None,
    SUMMER,
    warnings=["expiry-unknown"],
)
clock(
    "no-clock-later-than-expiry",
    "Without a clock, but certainly after the expiry.",
    "layout-expired",
    None,
    SUMMER,
    AUTUMN,
)
clock(
    "no-clock-exactly-expiry",
    "Without a clock, but at the very second of the expiry or later.",
    "layout-expired",
    None,
    SUMMER,
    SUMMER,
)
clock(
    "no-clock-earlier-than-expiry",
    "Without a clock, and the earliest time is before the expiry: it may have expired since.",
    "verified",
    None,
    SUMMER,
    SPRING,
    ["expiry-unknown"],
)
clock(
    "clock-behind",
    "A clock before the earliest time is wrong, and that time counts; the layout is valid at that time.",
    "verified",
    SPRING,
    AUTUMN,
    SUMMER,
    ["clock-behind"],
)
clock(
    "clock-behind-expired",
    "A clock that was set back makes no expired layout valid.",
    "layout-expired",
    SPRING,
    SUMMER,
    AUTUMN,
    ["clock-behind"],
)
clock(
    "clock-behind-exactly-expiry",
    "The earliest time is the second of the expiry.",
    "layout-expired",
    SPRING,
    SUMMER,
    SUMMER,
    ["clock-behind"],
)
clock("clock-ahead", "A clock after the earliest time counts.", "layout-expired", AUTUMN, SUMMER, SPRING)
clock(
    "clock-right",
    "A clock after the earliest time counts, and the layout is valid.",
    "verified",
    SUMMER,
    AUTUMN,
    SPRING,
)
clock("clock-equal", "A clock at the very earliest time is not behind it.", "verified", SUMMER, AUTUMN, SUMMER)
