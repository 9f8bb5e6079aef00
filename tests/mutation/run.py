"""Mutation testing of the rules: `make mutants` runs this in a copy of the tree, never in the tree.

mutmut makes the mutants; this collects the tests once and gives each mutant a process of its own,
in which the tests that reach its function run, the quick ones first, until one fails. What mypy
refuses counts as killed, and prose (a text with blanks in it) is not mutated. Verdicts are kept in
`verdicts.json`: a mutant once killed is not tried again while its function stays the same.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path
from time import process_time

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

TARGETS = ("compliance/decision.py", "compliance/windows.py", "compliance/kinds/*.py")
TESTS = ("tests/compliance", "--ignore=tests/compliance/test_howto.py")
READS_SOURCES = {
    "test_permits_are_minted_in_one_place",
    "test_compliance_is_the_standard_library_and_data",
    "test_the_packs_are_part_of_the_package",
}
VERDICTS = Path("verdicts.json")
SPARE_SECONDS = 20
_MARK = "__mutmut_"
_HEADS = ("--", "++", "@@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: where it is, and the function's text before and after it."""

    name: str
    function: str
    path: str
    first: int
    last: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """What a verdict is kept under: it lapses when the function changes."""
        text = f"{self.before}\n{self.after}"
        return f"{self.name} {sha256(text.encode()).hexdigest()[:16]}"

    @property
    def prose(self) -> bool:
        """Whether nothing but the wording of a text differs."""
        return _wordless(self.before) == _wordless(self.after)


def _wordless(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            node.value = ""
    return ast.dump(tree)


def mutate() -> Iterator[Mutant]:
    """Replace each target by its mutated form, in which all its mutants lie side by side."""
    for path in sorted(p for target in TARGETS for p in Path().glob(target)):
        made = mutate_file_contents(str(path), path.read_text("utf-8"))
        path.write_text(made.code, "utf-8")
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        texts: dict[str, ast.FunctionDef] = {
            node.name: node
            for node in ast.walk(ast.parse(made.code))
            if isinstance(node, ast.FunctionDef)
        }
        for name in made.mutant_names:
            function, _, _ = name.rpartition(_MARK)
            node, original = texts[name], texts[f"{function}{_MARK}orig"]
            original.name = node.name
            yield Mutant(
                name=f"{module}.{name}",
                function=f"{module}.{function}",
                path=str(path),
                first=node.lineno,
                last=node.end_lineno or node.lineno,
                before=ast.unparse(original),
                after=ast.unparse(node),
            )


def refused_by_mypy(mutants: Sequence[Mutant]) -> set[str]:
    """The mutants that hold a line which mypy does not take."""
    words = [sys.executable, "-m", "mypy", "--strict", "--output=json", "-p", "compliance"]
    words.append("--config-file=")  # not that of the tree above, whose plugins are not here
    words.append("--disable-error-code=no-redef")  # all mutants of an __init__ set the same names
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    if run.returncode != 1 or not run.stdout.startswith("{"):
        raise SystemExit(f"mypy did not judge the mutants: {run.stdout[:500]}{run.stderr}")
    wrong: dict[str, set[int]] = defaultdict(set)
    for line in run.stdout.splitlines():
        if line.startswith("{"):
            found = json.loads(line)
            if found["severity"] == "error":
                wrong[found["file"]].add(found["line"])
    return {
        mutant.name
        for mutant in mutants
        if any(mutant.first <= line <= mutant.last for line in wrong[mutant.path])
    }


class Judge:
    """Learns which test reaches which function, then tries every mutant."""

    def __init__(self, mutants: Sequence[Mutant], verdicts: dict[str, str]) -> None:
        self.mutants = mutants
        self.verdicts = verdicts
        self.seconds: dict[pytest.Item, float] = {}
        self.reach: dict[str, list[pytest.Item]] = defaultdict(list)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._learn([i for i in session.items if i.name not in READS_SOURCES])
        for number, mutant in enumerate(self.mutants, 1):
            self.verdicts[mutant.key] = self._try(mutant)
            sys.stdout.write(
                f"{number}/{len(self.mutants)} {self.verdicts[mutant.key]} {mutant.name}" + "\n"
            )
            sys.stdout.flush()
            if number % 20 == 0:
                VERDICTS.write_text(json.dumps(self.verdicts), "utf-8")
        VERDICTS.write_text(json.dumps(self.verdicts), "utf-8")
        return True

    def _learn(self, items: Sequence[pytest.Item]) -> None:
        set_mutant_under_test("stats")
        for item in items:
            _forget()
            state()._stats.clear()
            began = process_time()
            if not _passes(item):
                raise SystemExit(f"{item.nodeid} fails with nothing changed")
            self.seconds[item] = process_time() - began
            for function in state()._stats:
                self.reach[function].append(item)
        set_mutant_under_test("")
        for reached in self.reach.values():
            reached.sort(key=self.seconds.__getitem__)

    def _try(self, mutant: Mutant) -> str:
        items = self.reach[mutant.function]
        if not items:
            return "no test"
        child = os.fork()
        if child == 0:
            limit = int(3 * sum(map(self.seconds.__getitem__, items))) + SPARE_SECONDS
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            set_mutant_under_test(mutant.name)
            _forget()
            failed = next((item for item in items if not _passes(item)), None)
            os._exit(0 if failed is None else 1)
        _, status = os.waitpid(child, 0)
        return "survived" if status == 0 else "killed" if os.WIFEXITED(status) else "endless"


def _passes(item: pytest.Item) -> bool:
    return all(not report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _forget() -> None:
    """Empty compliance's caches: packs that unchanged code has built would hide the mutant."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "compliance":
            for item in vars(module).values():
                if hasattr(item, "cache_clear"):
                    item.cache_clear()


def _report(mutants: Sequence[Mutant], told: Mapping[str, str]) -> None:
    """The count of each verdict, then every survivor as a diff."""
    lines = [json.dumps(Counter(told[mutant.name] for mutant in mutants))]
    for mutant in mutants:
        if told[mutant.name] in ("survived", "no test"):
            changed = unified_diff(
                mutant.before.splitlines(), mutant.after.splitlines(), n=0, lineterm=""
            )
            lines += ["", mutant.name, *(line for line in changed if line[:2] not in _HEADS)]
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> None:
    settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    mutants = [mutant for mutant in mutate() if not mutant.prose]
    refused = refused_by_mypy(mutants)
    verdicts = json.loads(VERDICTS.read_text("utf-8")) if VERDICTS.exists() else {}
    rest = [m for m in mutants if m.name not in refused and verdicts.get(m.key) != "killed"]
    pytest.main(
        ["-q", "-p", "no:cacheprovider", *TESTS, *sys.argv[1:]], plugins=[Judge(rest, verdicts)]
    )
    _report(mutants, {m.name: "mypy" if m.name in refused else verdicts[m.key] for m in mutants})


if __name__ == "__main__":
    main()
