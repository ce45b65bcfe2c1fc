// The jobs of Background: what a flush and each kind of choice do.

#include <algorithm>

#include "base/check.h"
#include "storage/compaction/background.h"
#include "storage/table/merging_iterator.h"
#include "storage/version/run_iterator.h"

namespace cordwood::storage {
namespace {

// Runs whose data is older than that of all inputs; shares the tree.
struct OlderRuns {
  std::shared_ptr<const Tree> tree;
  size_t first = 0;  // index into tree->runs()

  bool MayContain(std::string_view key) const {
    for (size_t i = first; i < tree->runs().size(); ++i) {
      const Fragment* fragment = tree->runs()[i].Find(key);
      if (fragment != nullptr && fragment->file->table().MayContain(key)) return true;
    }
    return false;
  }

  bool MayLieIn(const KeyRange& range) const {
    for (size_t i = first; i < tree->runs().size(); ++i) {
      const Run& run = tree->runs()[i];
      const size_t index = run.LowerBound(range.begin);
      if (index < run.fragments.size() && run.fragments[index].range.Overlaps(range)) return true;
    }
    return false;
  }
};

// What is left of a fragment when `bounds` are cut out of it.
std::vector<FragmentRecord> Remainders(const Run& run, const Fragment& fragment,
                                       const KeyRange& bounds) {
  std::vector<FragmentRecord> rest;
  const auto add = [&](KeyRange range) {
    rest.push_back({.run = run.id,
                    .level = run.level,
                    .file = fragment.file->number(),
                    .bytes = fragment.file->table().BytesIn(range.begin, range.end),
                    .range = std::move(range)});
  };
  if (fragment.range.begin < bounds.begin) {
    add({.begin = fragment.range.begin, .end = bounds.begin});
  }
  if (bounds.end && (!fragment.range.end || *bounds.end < *fragment.range.end)) {
    add({.begin = *bounds.end, .end = fragment.range.end});
  }
  return rest;
}

void AddOutput(Edit& edit, const std::vector<WrittenFragment>& fragments, uint64_t run,
               uint32_t level) {
  for (const WrittenFragment& fragment : fragments) {
    edit.adds.push_back({.run = run,
                         .level = level,
                         .file = fragment.file,
                         .bytes = fragment.properties.file_bytes,
                         .range = fragment.range});
  }
}

std::vector<uint64_t> FileNumbers(const std::vector<WrittenFragment>& fragments) {
  std::vector<uint64_t> numbers;
  for (const WrittenFragment& fragment : fragments) numbers.push_back(fragment.file);
  return numbers;
}

}  // namespace

RunWriter::Options Background::WriterOptions(bool is_last) const {
  return {.dir = dir_,
          .table = {.block_bytes = options_.block_bytes,
                    .bloom_bits_per_key = options_.bloom_bits_per_key,
                    .compress = is_last ? options_.compress_last : options_.compress_upper},
          .fragment_bytes = options_.fragment_bytes,
          .next_file_number = [this] { return versions_.NewFileNumber(); }};
}

Status Background::Install(VersionSet::Installation installation) {
  const std::vector<uint64_t> files = installation.new_files;
  const Status installed = versions_.Install(std::move(installation));
  if (!installed && !versions_.failed()) Discard(files);
  return installed;
}

Status Background::Flush(const std::shared_ptr<Memtable>& memtable) {
  const OlderRuns older{.tree = versions_.tree()};
  std::vector<std::unique_ptr<EntryIterator>> entries;
  memtable->AppendIterators(entries);
  MergePlan plan{
      .entries = NewMergingIterator(std::move(entries)),
      .rules = {.horizon = hooks_.horizon(),
                .older_may_exist = [&](std::string_view key) { return older.MayContain(key); },
                .counting = options_.counting},
      .older_may_lie_in = [&](const KeyRange& range) { return older.MayLieIn(range); },
      .proceed = [](uint64_t) { return true; }};
  for (const DeadRangeView& dead : memtable->dead_ranges()) {
    plan.dead.push_back(DeadRange::From(dead));
  }
  const std::vector<std::shared_ptr<Memtable>> durable = DurableImmutables();
  for (const std::shared_ptr<Memtable>& newer : durable) {
    if (newer == memtable) continue;
    for (const DeadRangeView& dead : newer->dead_ranges()) {
      plan.newer_dead.push_back(DeadRange::From(dead));
    }
  }
  const bool is_last = false;
  RunWriter writer(env_, WriterOptions(is_last), CarriedDeadRanges(plan));
  Result<MergeResult> result = RunMerge(std::move(plan), writer);
  if (!result) {
    Discard(writer.files());
    return std::unexpected(result.error());
  }
  const Seq flushed = memtable->last_seq();
  VersionSet::Installation installation;
  AddOutput(installation.edit, result->fragments, versions_.NewRunId(), 0);
  installation.edit.flushed_seq = flushed;
  installation.edit.log_segment = hooks_.log_segment();
  installation.edit.synced_seq = hooks_.synced();
  for (const auto& [counter, delta] : memtable->counts()) {
    installation.edit.counts.Add(counter, delta);
  }
  installation.edit.counts.Add(result->corrections);
  installation.new_files = FileNumbers(result->fragments);
  installation.flushed = memtable.get();
  installation.on_durable = [&] { hooks_.corrected(result->corrections); };
  CW_TRY(Install(std::move(installation)));
  {
    const std::scoped_lock lock(mutex_);
    ++stats_.flushes;
    stats_.flush_bytes += writer.bytes_written();
  }
  hooks_.flushed(flushed);
  return {};
}

Status Background::CarryOut(const Job& job) {
  switch (job.choice.kind) {
    case Choice::Kind::kNothing:
      return {};
    case Choice::Kind::kMerge:
      return Merge(job);
    case Choice::Kind::kDeepen:
      return Deepen(job.choice);
    case Choice::Kind::kDrop:
      return Drop(job.choice);
  }
  return {};
}

Status Background::Deepen(const Choice& choice) {
  VersionSet::Installation installation;
  for (const uint64_t run : choice.inputs) {
    installation.edit.run_levels.emplace_back(run, choice.target_level);
  }
  return Install(std::move(installation));
}

Status Background::Drop(const Choice& choice) {
  VersionSet::Installation installation;
  for (const Choice::Drop& drop : choice.drops) {
    installation.edit.drops.push_back({.run = drop.run, .file = drop.file, .begin = drop.begin});
  }
  return Install(std::move(installation));
}

MergePlan Background::PlanMerge(const Job& job, Edit& edit) {
  MergePlan plan{.bounds = job.choice.bounds,
                 .rules = {.horizon = hooks_.horizon(), .counting = options_.counting},
                 .proceed = [this](uint64_t bytes) {
                   hooks_.throttle(bytes);
                   return !stopping_.load();
                 }};
  std::vector<std::unique_ptr<EntryIterator>> inputs;
  OlderRuns older{.tree = job.tree};
  for (size_t i = 0; i < job.tree->runs().size(); ++i) {
    const Run& run = job.tree->runs()[i];
    if (std::find(job.choice.inputs.begin(), job.choice.inputs.end(), run.id) ==
        job.choice.inputs.end()) {
      continue;
    }
    CHECK(inputs.empty() || older.first == i);  // no run lies between two inputs
    older.first = i + 1;
    inputs.push_back(
        std::make_unique<RunIterator>(run.fragments, ReadOptions{.fill_cache = false}));
    for (const Fragment& fragment : run.fragments) {
      if (!fragment.range.Overlaps(plan.bounds)) continue;
      edit.drops.push_back(
          {.run = run.id, .file = fragment.file->number(), .begin = fragment.range.begin});
      for (FragmentRecord& rest : Remainders(run, fragment, plan.bounds)) {
        edit.adds.push_back(std::move(rest));
      }
      for (const DeadRangeView& dead : fragment.file->table().dead_ranges()) {
        std::optional<DeadRange> part = Clip(DeadRange::From(dead), fragment.range);
        if (part) part = Clip(*part, plan.bounds);
        if (part) plan.dead.push_back(std::move(*part));
      }
    }
  }
  CHECK(inputs.size() == job.choice.inputs.size());
  plan.entries = NewMergingIterator(std::move(inputs));
  plan.rules.older_may_exist = [older](std::string_view key) { return older.MayContain(key); };
  plan.older_may_lie_in = [older](const KeyRange& range) { return older.MayLieIn(range); };
  return plan;
}

Status Background::Merge(const Job& job) {
  VersionSet::Installation installation;
  MergePlan plan = PlanMerge(job, installation.edit);
  const bool is_last = job.choice.target_level >= job.tree->last_level();
  RunWriter writer(env_, WriterOptions(is_last), CarriedDeadRanges(plan));
  Result<MergeResult> result = RunMerge(std::move(plan), writer);
  if (!result) {
    Discard(writer.files());
    return std::unexpected(result.error());
  }
  const uint64_t run = job.choice.target_run != 0 ? job.choice.target_run : versions_.NewRunId();
  AddOutput(installation.edit, result->fragments, run, job.choice.target_level);
  installation.edit.counts = result->corrections;
  installation.new_files = FileNumbers(result->fragments);
  installation.on_durable = [&] { hooks_.corrected(result->corrections); };
  CW_TRY(Install(std::move(installation)));
  const std::scoped_lock lock(mutex_);
  ++stats_.merges;
  stats_.merge_bytes_read += result->bytes_in;
  stats_.merge_bytes_written += writer.bytes_written();
  return {};
}

}  // namespace cordwood::storage
