"""Which decisions are on."""

import sys


class Refused(Exception):
    """A refusal, with the codes that sitrep may give for it."""

    def __init__(self, *codes):
        super().__init__(*codes)
        self.codes = set(codes)


ALL = object()


class Switches:
    """The decisions that are on. Remembers which were asked for: the others make no difference to the case."""

    def __init__(self):
        self.names = ()
        self.asked = set()

    def set(self, names):
        sys.set_int_max_str_digits(sys.int_info.default_max_str_digits)
        self.names = names
        self.asked = set()

    def any_of(self, names):
        """Asks for several."""
        self.asked |= set(names)
        return self.names is ALL or not names.isdisjoint(self.names)

    def __contains__(self, name):
        self.asked.add(name)
        return self.names is ALL or name in self.names


ON = Switches()


def require(switch, holds, *codes):
    """Refuses where a decision that is on does not hold."""
    if not holds and switch in ON:
        raise Refused(*codes)
