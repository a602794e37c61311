"""in-toto as sitrep decided it: the reference implementation's own parts, with every decision as a switch.

With all switches off this must refuse and verify exactly what in-toto itself does, which is checked for every case;
with all of them on, exactly what sitrep does. A difference between the two is therefore explained by the switches that
make it, and by nothing else. The decisions and their reasons are in ledger.toml.
"""

import contextlib
import json
import pathlib

from in_toto import verifylib
from in_toto.exceptions import LinkNotFoundError, RuleVerificationError
from in_toto.models.link import FILENAME_FORMAT

import decided_rules
import files
import reference
import strict
from decided_signatures import is_signed, public_bytes
from files import File
from switches import ALL, ON, Refused, require

# The decisions by which files count that in-toto does not look for.
BY_ANY_FILE = {"co-signed", "attestation-bundle"}


class Answer:
    """What the model says: the codes of a refusal, or `None` and the summary link; which switches it asked; what the
    rules did, and how many artifacts each consumed."""

    def __init__(self, codes, summary, asked, hits, counts):
        self.codes = codes
        self.summary = summary
        self.asked = asked
        self.hits = hits
        self.counts = counts

    @property
    def verified(self):
        return self.codes is None


def verify(case, switches=ALL):
    """The verdict on a written case with these decisions."""
    ON.set(switches)
    hits, counts = set(), []
    codes = summary = None
    with reference.stopped(case.now), strict.patched(), decided_rules.patched(hits, counts):
        try:
            summary = _check(case)
        except Refused as refused:
            codes = refused.codes
        except Exception:  # noqa: BLE001 (in-toto refuses by whatever it raises)
            codes = {"?"}
    return Answer(codes, summary, ON.asked, hits, counts)


def explain(case, answer):
    """The decisions without which in-toto would agree: each of them alone makes the difference, or all together do."""
    asked = answer.asked | verify(case, ()).asked
    alone = [name for name in sorted(asked) if verify(case, {name}).verified == answer.verified]
    if alone:
        return alone
    needed = set(asked)
    for name in sorted(asked):
        if verify(case, needed - {name}).verified == answer.verified:
            needed -= {name}
    return sorted(needed)


def _check(case):
    with _code("input"):
        file = File((case.directory / "root.layout").read_bytes())
    for owner in case.owners:
        labels = [owner.label]
        others = [label for label in owner.key.computed_ids() if label != owner.label]
        if any(keyid in others for keyid, _ in file.signatures) and "owner-by-any-keyid" in ON:
            labels += others
        reasons = ["owner-unsigned"]
        if not is_signed(file, owner.key.entry(owner.label), labels, reasons):
            raise Refused(reasons[-1])
    # in-toto looks at each sublayout with all that is in it before the next. That makes no other verdict.
    levels = [Level(file, case.directory, case.parameters)]
    for level in levels:
        level.count()
        levels += level.sublayouts()
    for level in reversed(levels):
        level.agree()
    for level in reversed(levels):
        level.apply_rules()
    return verifylib.get_summary_link(levels[0].layout, levels[0].reduced, "")


class Level:
    """A layout that is signed by whom it should be, with its evidence."""

    def __init__(self, file, directory, parameters=None, above=None, step="", label=""):
        self.file = file
        self.directory = pathlib.Path(directory)
        self.parameters = parameters
        # Where it stands for a link.
        self.above, self.step, self.label = above, step, label

    def count(self):
        """Reads the layout and its links, and counts who signed for each step."""
        with _code("?"):
            if self.file.kind() != "layout":
                raise Refused("layout-type")
            if self.parameters is None:
                self.layout = self.file.payload()
            else:
                self.layout = decided_rules.with_parameters(self.file.value(), self.parameters, files.read)
        with _code("layout-expired"):
            verifylib.verify_layout_expiration(self.layout)
        if self.above:
            require("sublayout-with-steps", self.layout.steps, "sublayout-empty")
        self.links = {step.name: _load(step, self.directory) for step in self.layout.steps}
        bundled = _attestation_bundles(self.directory)
        has_bundles = any(any(self.directory.glob(f"*.{end}")) for end in ("intoto.jsonl", "sigstore.json"))
        self.chain = {}
        for step in self.layout.steps:
            files_found = sum(file is not None for file in self.links[step.name].values())
            # in-toto counts files first. Links may be elsewhere, and one file may be the link of several functionaries.
            if files_found < step.threshold and not ON.any_of(BY_ANY_FILE):
                raise LinkNotFoundError
        for step in self.layout.steps:
            others = [file for file in bundled if _is_of(file, step)]
            if others and "attestation-bundle" not in ON:
                others = []
            self.chain[step.name] = _count(self.layout, step, self.links[step.name], others, has_bundles)

    def sublayouts(self):
        """Those that count."""
        for step, links in self.chain.items():
            for label, file in links.items():
                if file.kind() == "layout":
                    directory = self.directory / f"{step}.{label:.8}"
                    yield Level(file, directory, above=self, step=step, label=label)

    def agree(self):
        """Checks that all links that count for a step hold the same artifacts; gives the layout above the summary."""
        self.chain = {step: {label: _link(file) for label, file in links.items()} for step, links in self.chain.items()}
        for step in self.layout.steps:
            links = list(self.chain[step.name].values())
            same = all(link.materials == links[0].materials and link.products == links[0].products for link in links)
            if not same and (step.threshold > 1 or "agreement-at-any-threshold" in ON):
                raise Refused("links-disagree")
        self.reduced = verifylib.reduce_chain_links(self.chain)
        if self.above:
            self.above.chain[self.step][self.label] = verifylib.get_summary_link(self.layout, self.reduced, self.step)

    def apply_rules(self):
        """Applies the rules of all steps."""
        try:
            verifylib.verify_all_item_rules(self.layout.steps, self.reduced)
        except RuleVerificationError as error:
            raise Refused("rule-disallow" if str(error).startswith("'DISALLOW") else "rule-require") from error


def _link(file):
    return file.payload() if isinstance(file, File) else file


@contextlib.contextmanager
def _code(*codes):
    """Gives these codes to whatever in-toto raises."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise Refused(*codes) from error


# --- links ---


def _load(step, directory):
    """The files that may hold links of a step, by the labels that they are found under; `None` for those without."""
    found = {}
    for label in step.pubkeys:
        try:
            data = (directory / FILENAME_FORMAT.format(step_name=step.name, keyid=label)).read_bytes()
        except OSError:
            continue
        found[label] = _read(data)
    return found


def _read(data):
    file = None
    try:
        file = File(data)
        # What is wrong with a sublayout refuses the whole, where it counts.
        if not ("unusable-link" in ON and file.kind() == "layout"):
            file.payload()
    except Exception:  # noqa: BLE001 (in-toto looks into an envelope's payload only where its signature is good)
        if "unusable-link" in ON:
            return None
        if file is None:
            raise
    return file


def _attestation_bundles(directory):
    """The envelopes in the attestation bundles of a directory, and in its files of Sigstore bundles."""
    found = []
    for path in [*sorted(directory.glob("*.intoto.jsonl")), *sorted(directory.glob("*.sigstore.json"))]:
        for text in _texts(path):
            for element in _elements(text):
                with contextlib.suppress(Exception):
                    file = File(element)
                    if file.is_dsse and file.payload().type_ == "link":
                        found.append(file)
    return found


def _texts(path):
    """The lines of a file; where it is called otherwise than files of lines, and the first is no JSON, all of it."""
    data = path.read_bytes()
    lines = [line for line in data.split(b"\n") if line.strip()]
    if path.suffix != ".jsonl":
        try:
            json.loads(lines[0])
        except (IndexError, ValueError):
            return [data]
    return lines


def _elements(text):
    """The elements of an array; any other text is the only one."""
    with contextlib.suppress(ValueError):
        value = json.loads(text)
        if isinstance(value, list):
            return [json.dumps(element).encode() for element in value]
    return [text]


def _count(layout, step, links, others, has_bundles):
    """The links that count for a step, among those of files named after it and others."""
    counted, signers = {}, {}
    unknown_scheme = False
    for label, file in [*links.items(), *enumerate(others)]:
        if file is None or not _is_of(file, step) and "link-of-its-step" in ON:
            continue
        reasons = []
        mine = {label} if label in layout.keys and is_signed(file, layout.keys[label], [label], reasons) else set()
        every = _signers(layout, step, file, reasons)
        if every != mine and (label in range(len(others)) or "co-signed" in ON):
            mine = every
        unknown_scheme |= "owner-scheme" in reasons
        if mine:
            counted[label] = file
        signers |= {label: layout.keys[label] for label in mine}
    count = len({key.get("keyid", label) for label, key in signers.items()})
    distinct = len({public_bytes(key) for key in signers.values()})
    if distinct != count and "one-key-one-signer" in ON:
        count = distinct
    if count < step.threshold:
        # A file in which there is no good link of the step may be one of the step's, or none.
        codes = {"link-missing", "threshold-not-met"} if links or has_bundles else {"link-missing"}
        raise Refused(*codes, *(["link-scheme"] if unknown_scheme else []))
    return counted


def _is_of(file, step):
    """Does a link name the step? A sublayout cannot."""
    try:
        return file.kind() == "layout" or file.payload().name == step.name
    except Exception:  # noqa: BLE001 (then it has other faults)
        return True


def _signers(layout, step, file, reasons):
    """The labels of all keys of a step that have a good signature on a file."""
    signers = set()
    for label in step.pubkeys:
        with contextlib.suppress(Exception):
            if label in layout.keys and is_signed(file, layout.keys[label], [label], reasons):
                signers.add(label)
    return signers
