"""Plants bugs in the product, one at a time, and expects the tests that are named for each to
notice: a test that cannot fail proves nothing.

A bug is a patch beside this file, as `git diff` writes it, of sources (.cc) only. What it touches
is compiled from a patched copy, alone or in its batch, with the commands of the build, and linked
into the test program in front of the libraries; nothing of the build itself changes.
CORDWOOD_BUILD names its directory, CORDWOOD_NINJA the program that made it.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import unittest
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("CORDWOOD_BUILD", ROOT / "build" / "dev"))
NINJA = os.environ.get("CORDWOOD_NINJA", "ninja")
TEST_SECONDS = 250
QUICKLY = "-O0 -g0"  # compiled once, run for seconds

sys.path.insert(0, str(ROOT / "tests" / "house"))
import case_report  # noqa: E402  (found through the path above)


class Mutant(NamedTuple):
    patch: str
    program: str  # the target that has the tests
    tests: list[str]  # each of them notices


MUTANTS = [
    # W1: a reply leaves before the sync that it depends on.
    Mutant("reply_before_sync", "pipeline_test",
           ["CommitContract.AReplyWaitsForTheSyncOfItsWrite",
            "PowerLoss.LosesNothingThatWasAcknowledgedOrShown"]),
    # R1: a plain read shows what is not durable.
    Mutant("reads_newest", "pipeline_test",
           ["CommitContract.APlainReadAnswersAtOnceWithTheOldValueWhileTheSyncStalls",
            "PowerLoss.LosesNothingThatWasAcknowledgedOrShown"]),
    # Clock: a plain read judges expiry by its own time.
    Mutant("clock_of_the_reader", "pipeline_test",
           ["Clock.WhatACommandFoundAliveIsNotGoneBeforeTheCommandIsVisible"]),
    # A table holds what the log may lose.
    Mutant("flushed_above_synced", "storage_store_test",
           ["StoreFlush.WaitsUntilTheLastEntryOfTheMemtableIsDurable",
            "StoreFlush.WaitsForTheSyncUnderEverySecondToo"]),
    # The directory is not synced: after a table was written, CURRENT renamed, a segment made.
    Mutant("table_directory_unsynced", "storage_version_test",
           ["VersionSetTest.AnInstalledRunIsDurableBeforeItIsVisible"]),
    Mutant("table_directory_unsynced", "pipeline_test",
           ["PowerLoss.LosesNothingThatWasAcknowledgedOrShown"]),
    Mutant("current_unsynced", "storage_version_test",
           ["ManifestTest.ANewOneCountsFromItsReturnOn"]),
    Mutant("segment_directory_unsynced", "storage_log_test",
           ["PowerLossAfterACommit.KeepsEverySegmentThatWasWritten"]),
    # A segment that is used again has the salt of the frames that are left in it.
    Mutant("old_salt_again", "storage_log_test",
           ["Log/PowerLossAtEveryCall.LosesNothingThatWasAcknowledged/Recycled",
            "PowerLossInRandomLives.LosesNothingThatWasAcknowledged"]),
    # A frame shares a sector with one that was synced.
    Mutant("synced_sector_shared", "storage_log_test",
           ["Log/PowerLossAtEveryCall.LosesNothingThatWasAcknowledged/ThreeCommits"]),
    # Recovery goes on in the old segment, over its torn tail.
    Mutant("cut_segment_reused", "storage_log_test",
           ["TornTail.IsNeverWrittenOver",
            "LogFailure.WhatIsRecoveredAfterAFailedSyncSurvivesPowerLoss"]),
    # A start on a full disk goes on in its segment, before frames that were torn off.
    Mutant("resumed_over_old_frames", "storage_log_test",
           ["ResumedSegment.HasNoOldFramesBehindNewOnes"]),
    # What frames say was on stable storage is not believed: damage passes for a torn tail.
    Mutant("watermark_ignored", "storage_log_test",
           ["TornTail.IsLostDataWhenAnyLaterFrameKnowsBetter"]),
    # The note is not waited for, is not on stable storage, or is not believed.
    Mutant("first_group_unnoted", "storage_log_test",
           ["Note.NamesTheNewSegmentBeforeAnybodySeesItsFirstGroup",
            "Log/NoteAtEveryCall.ACrashThatTakesTheNewestSegmentAlongIsNoticed/"
            "SwitchesAndTicksAlways"]),
    Mutant("note_unsynced", "storage_log_test", ["NoteFileTest.WritesTheSlotsInTurn"]),
    Mutant("note_ignored", "storage_log_test",
           ["Log/LostSegment.ACopyTwoSecondsOlderIsRefused/Always"]),
    # Flushes and merges drop what a snapshot still shows.
    Mutant("horizon_ignored", "storage_store_test",
           ["Store.ASnapshotHoldsStillWhileTheRestGoesOn"]),
    Mutant("horizon_ignored", "pipeline_test", ["LongReadTurns.ShowTheStateOfTheirStart"]),
    # They drop the version that was written last before a snapshot was taken.
    Mutant("snapshot_off_by_one", "storage_store_test",
           ["Store.SnapshotsHoldStillWhileOthersComeAndGo"]),
    Mutant("snapshot_off_by_one", "storage_compaction_test",
           ["RetentionModel.ShowsEverySnapshotItsStateAndKeepsNothingElse"]),
    # They drop what a dead range covers although a snapshot from before it can see that.
    Mutant("dead_before_a_snapshot", "storage_store_test",
           ["Store.SnapshotsHoldStillWhileOthersComeAndGo"]),
    # Segments of the log are made where files are removed.
    Mutant("segments_behind_removals", "storage_store_test",
           ["StoreRemoval.HoldsUpNeitherWritesNorStopNorStartHoweverManyFilesThereAre"]),
    # A walk goes on behind a table that the system cannot read.
    Mutant("unreadable_passed_over", "storage_store_test",
           ["StoreUnreadable.ATableIsAnsweredWithErrorsThatNameIt"]),
    # A long edit of a list takes what was pushed where something was popped for what it found.
    Mutant("moved_ends_forgotten", "pipeline_test",
           ["ListEditsBeside.AreDoneAsIfTheyHadBegunWhenTheyEnd",
            "ListEditsBeside.EndWhilePushesAndPopsGoOn"]),
    # Who waits behind one that is held up is served before it.
    Mutant("line_overtaken", "pipeline_test",
           ["BlockingHolds.OneThatTurnsColdKeepsItsPlaceAndOthersRun",
            "BlockingOnAFullDisk.AMoveIsNeitherLostNorDelivered"]),
    # Ranks do not know of what was popped.
    Mutant("pops_not_counted", "keyspace_test",
           ["ListModel.BothFormsAgreeWithADeque", "ListRanksAtScale.PopsAndPushesKeepThemUp"]),
    Mutant("pops_not_counted", "pipeline_test", ["ListRanks.EditsBetweenSlicesAreCounted"]),
    # What a build has not got to yet is counted, and will be again.
    Mutant("counted_to_ignored", "keyspace_test",
           ["CountedOrder.AgreesWithASetWhileItIsBuiltAndAfterwards",
            "ListModel.BothFormsAgreeWithADeque"]),
    # Ranks are built while a long write works, which then puts the record that it read.
    Mutant("ranks_beside_long_writes", "pipeline_test",
           ["ListRanks.AreNotBuiltWhileALongWriteReadsTheList"]),
]


class Unusable(Exception):
    """Why a mutant says nothing about the tests."""


def patched_files(patch: str) -> dict[str, str]:
    """Path to new text. Every hunk must fit one place, and exactly."""
    renew = (f"{patch} does not fit the sources any more. Plant the bug again by hand, write "
             f"`git diff` to tests/mutants/{patch}, and undo it")
    files = {}
    for part in re.split(r"^diff --git .*\n", (HERE / patch).read_text(), flags=re.M)[1:]:
        path = re.search(r"^\+\+\+ b/(.*)$", part, flags=re.M).group(1)
        if not path.endswith(".cc"):
            raise Unusable(f"{patch} changes {path}: only .cc files can be replaced")
        text = (ROOT / path).read_text() if (ROOT / path).is_file() else ""
        for hunk in re.split(r"^@@ .*@@.*\n", part, flags=re.M)[1:]:
            lines = [line for line in hunk.splitlines() if not line.startswith("\\")]
            old = "".join(line[1:] + "\n" for line in lines if not line.startswith("+"))
            new = "".join(line[1:] + "\n" for line in lines if not line.startswith("-"))
            if text.count(old) != 1:
                raise Unusable(f"{renew} ({path})")
            text = text.replace(old, new)
        files[path] = text
    if not files:
        raise Unusable(f"{renew} (it changes nothing)")
    return files


def run(command: str) -> None:
    done = subprocess.run(command, shell=True, cwd=BUILD, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Unusable(f"this failed:\n{command}\n{done.stdout}")


def last_command(target: str) -> str:
    """What the build does to make the target, when everything it needs is there."""
    done = subprocess.run([NINJA, "-t", "commands", target], cwd=BUILD, text=True,
                          capture_output=True, check=True)
    return done.stdout.splitlines()[-1]


def batch_line(path: str) -> str:
    """How a batch of sources names one of them."""
    return f'#include "{ROOT / path}"'


def how_built(path: str) -> tuple[str, str]:
    """The source as the build names it, or the batch that has it, and the object made of that."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if file.resolve() == ROOT / path or (
                file.parent.name == "Unity" and batch_line(path) in file.read_text()):
            words = shlex.split(entry["command"])
            return entry["file"], words[words.index("-o") + 1]
    raise Unusable(f"{path} is not part of this build")


def patched_sources(mutant: Mutant, folder: pathlib.Path) -> dict[tuple[str, str], pathlib.Path]:
    """What is compiled in the place of each source that the patch changes, itself or its batch."""
    sources = {}
    for path, text in patched_files(f"{mutant.patch}.patch").items():
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
        source, made = how_built(path)
        if pathlib.Path(source).resolve() == ROOT / path:
            sources[source, made] = copy
            continue
        if (source, made) not in sources:
            sources[source, made] = folder / made.replace("/", "_").removesuffix(".o")
            shutil.copy(source, sources[source, made])
        batch = sources[source, made]
        batch.write_text(batch.read_text().replace(batch_line(path), f'#include "{copy}"'))
    return sources


def build(mutant: Mutant) -> pathlib.Path:
    """The test program with the bug in it."""
    folder = BUILD / "mutants" / mutant.patch
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for (source, made), patched in patched_sources(mutant, folder).items():
        objects.append(f"{patched}.o")
        compiled = last_command(made).replace(made, objects[-1]).replace(source, str(patched))
        run(f"{compiled} {QUICKLY}")
    link = last_command(mutant.program)
    output = re.search(r" -o (\S+) ", link)
    program = folder / mutant.program
    run(f"{link[:output.start()]} {' '.join(objects)} -o {program} {link[output.end():]}")
    return program


def unpatched(mutant: Mutant) -> pathlib.Path:
    return BUILD / re.search(r" -o (\S+) ", last_command(mutant.program)).group(1)


def passes(program: pathlib.Path, test: str) -> bool:
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("GTEST_OUTPUT", "CORDWOOD_FULL", "CORDWOOD_SEED")}
    try:
        done = subprocess.run([program, f"--gtest_filter={test}"], text=True, cwd=BUILD,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
                              timeout=TEST_SECONDS, errors="replace")
    except subprocess.TimeoutExpired:
        return False
    except OSError as error:
        raise Unusable(f"{program} does not run, build it first: {error}") from error
    if "Running 1 test " not in done.stdout:
        raise Unusable(f"there is no test {test} in {program}")
    return done.returncode == 0


class Mutants(unittest.TestCase):
    sound: dict[str, bool] = {}

    def check(self, mutant: Mutant) -> None:
        try:
            program = build(mutant)
            for test in mutant.tests:
                if test not in self.sound:
                    self.sound[test] = passes(unpatched(mutant), test)
                self.assertTrue(self.sound[test], f"{test} fails without the bug, too")
                self.assertFalse(passes(program, test), f"{test} does not notice {mutant.patch}")
        except Unusable as why:
            self.fail(str(why))


for each in MUTANTS:
    def test(self, mutant=each):
        self.check(mutant)

    setattr(Mutants, f"test_{each.patch}_is_noticed_by_{each.program}", test)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("mutants"))
