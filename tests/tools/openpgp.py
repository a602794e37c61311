#!/usr/bin/env python3
"""Makes a supply chain that GnuPG signed, with in-toto's own programs.

    openpgp.py DIRECTORY ALGORITHM [--subkeys] [--expired]

DIRECTORY gets root.layout, build.KEYID8.link, app, and the owner's key as owner.asc and owner.gpg; its directory `home` is GnuPG's, with the secret keys.
ALGORITHM is as `gpg --quick-gen-key` takes it: rsa2048, dsa2048, ed25519. With --subkeys both keys have a subkey that signs and, where there are such, one that
encrypts. With --expired the functionary's key was valid for a day, long ago.

To be run by a Python that has in-toto 3.1, with in-toto's programs beside it. The last line that it prints is JSON: the ids of both keys.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from in_toto.models.layout import Layout, Step
from in_toto.models.metadata import Metablock

PROGRAMS = Path(sys.executable).parent


class GnuPG:
    def __init__(self, home):
        self.home = home
        home.mkdir(mode=0o700, parents=True)

    def run(self, *arguments, time=None):
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
        command += ["--trust-model", "always"] + (["--faked-system-time", time] if time else [])
        return subprocess.run(command + list(arguments), check=True, capture_output=True).stdout

    def key(self, name, algorithm, subkeys, expired):
        time = "20200101T000000" if expired else None
        until = "1d" if expired else "never"
        self.run("--quick-gen-key", name, algorithm, "sign", until, time=time)
        listed = self.run("--with-colons", "--list-keys", "=" + name).decode().splitlines()
        fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
        if subkeys:
            other = {"rsa2048": "rsa2048", "ed25519": "cv25519"}.get(algorithm)
            if other:
                self.run("--quick-add-key", fingerprint, other, "encr", "never")
            self.run("--quick-add-key", fingerprint, algorithm, "sign", "never")
        return fingerprint.lower()

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)


def program(name, *arguments, cwd):
    subprocess.run([PROGRAMS / name, *map(str, arguments)], check=True, cwd=cwd, stdout=subprocess.DEVNULL)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("directory", type=Path)
    arguments.add_argument("algorithm")
    arguments.add_argument("--subkeys", action="store_true")
    arguments.add_argument("--expired", action="store_true")
    arguments = arguments.parse_args()
    directory = arguments.directory.resolve()
    gnupg = GnuPG(directory / "home")
    try:
        owner = gnupg.key("Owner <owner@example.org>", arguments.algorithm, arguments.subkeys, False)
        builder = gnupg.key("Builder <builder@example.org>", arguments.algorithm, arguments.subkeys, arguments.expired)
        layout = Layout(expires="2040-01-01T00:00:00Z")
        layout.add_functionary_key_from_gpg_keyid(builder, gpg_home=str(gnupg.home))
        step = Step(name="build", pubkeys=[builder], threshold=1)
        step.add_product_rule_from_string("CREATE app")
        step.add_product_rule_from_string("DISALLOW *")
        layout.steps.append(step)
        Metablock(signed=layout).dump(directory / "root.layout")
        program("in-toto-sign", "-f", "root.layout", "--gpg", owner, "--gpg-home", gnupg.home, cwd=directory)
        run = ["-n", "build", "-p", "app", "--gpg", builder, "--gpg-home", gnupg.home, "--", "sh", "-c", "echo app >app"]
        if arguments.expired:
            # GnuPG does not sign with such a key, so it is done as long ago.
            os.environ["GNUPG"] = f"gpg --faked-system-time 20200101T060000"
        program("in-toto-run", *run, cwd=directory)
        for name, armor in ("owner.asc", ["--armor"]), ("owner.gpg", []):
            (directory / name).write_bytes(gnupg.run(*armor, "--export", owner))
    finally:
        gnupg.stop()
    print(json.dumps({"owner": owner, "builder": builder}))


if __name__ == "__main__":
    main()
