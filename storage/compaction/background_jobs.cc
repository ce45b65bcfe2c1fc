// The jobs of Background: what a flush and each kind of choice do.

#include <algorithm>
#include <iterator>

#include "storage/compaction/background.h"
#include "storage/compaction/merge_inputs.h"
#include "storage/table/merging_iterator.h"

namespace cordwood::storage {
namespace {

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

// Files of one size, near `wanted`, for about `bytes`: else every merge would leave a small one at
// its end.
uint64_t EvenFragmentBytes(uint64_t bytes, uint64_t wanted) {
  const uint64_t files = std::max<uint64_t>(1, (bytes + wanted / 2) / wanted);
  return std::max(wanted / 2, bytes / files + 1);
}

SortedMemtable SortedOf(const VersionSet& versions, const std::shared_ptr<Memtable>& memtable) {
  const std::vector<SortedMemtable> all = versions.Memtables();
  const auto is_it = [&](const SortedMemtable& sorted) { return sorted.memtable == memtable; };
  const auto found = std::ranges::find_if(all, is_it);
  CHECK(found != all.end());  // it stays until it is flushed
  return *found;
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

std::unexpected<Error> Background::Unwritten(const Error& error) const {
  const uint64_t limit = env_.FileBytesMax();
  const uint64_t needed = LargestFileBytes(options_);
  if (error.code() != ErrorCode::kFileLimit || limit >= needed) return std::unexpected(error);
  return std::unexpected(
      FailForFileLimit(limit, needed).error().Prefixed("a table cannot be written"));
}

Status Background::Flush(const std::shared_ptr<Memtable>& memtable) {
  const uint64_t start_ns = env_.MonotonicNs();
  OlderRuns older{.tree = versions_.tree()};
  const SortedMemtable sorted = SortedOf(versions_, memtable);
  std::vector<std::unique_ptr<EntryIterator>> entries;
  sorted.AppendIterators({}, entries);
  MergePlan plan{
      .entries = NewMergingIterator(std::move(entries)),
      .rules = {.readers = hooks_.readers(),
                .older_may_exist = [&](std::string_view key) { return older.MayContain(key); },
                .counting = options_.counting,
                .values_stay = true},
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
  if (hooks_.make_room) hooks_.make_room(memtable->bytes());
  RunWriter writer(env_, WriterOptions(is_last), CarriedDeadRanges(plan));
  Result<MergeResult> result = RunMerge(std::move(plan), writer);
  if (!result) {
    Discard(writer.files());
    return Unwritten(result.error());
  }
  const Seq flushed = memtable->last_seq();
  VersionSet::Installation installation;
  AddOutput(installation.edit, result->fragments, versions_.NewRunId(), 0);
  installation.edit.flushed_seq = flushed;
  installation.edit.synced_seq = hooks_.synced();
  for (const auto& [counter, delta] : memtable->counts()) {
    installation.edit.counts.Add(counter, delta);
  }
  installation.edit.counts.Add(result->corrections);
  installation.new_files = FileNumbers(result->fragments);
  installation.flushed = memtable.get();
  installation.on_durable = [&] { hooks_.corrected(result->corrections); };
  CW_TRY(Install(std::move(installation)));
  longest_flush_.Note(env_.MonotonicNs() - start_ns);
  {
    const MutexLock lock(mutex_);
    ++stats_.flushes;
    stats_.flush_bytes += writer.bytes_written();
  }
  hooks_.flushed(flushed);
  return {};
}

Status Background::CarryOut(const Job& job, BadInput& bad) {
  switch (job.choice.kind) {
    case Choice::Kind::kNothing:
      return {};
    case Choice::Kind::kMerge:
      return Merge(job, bad);
    case Choice::Kind::kDeepen:
      return Deepen(job);
    case Choice::Kind::kDrop:
      return Drop(job.choice);
  }
  return {};
}

Status Background::Deepen(const Job& job) {
  VersionSet::Installation installation;
  for (const uint64_t run : job.choice.inputs) {
    installation.edit.run_levels.emplace_back(run, job.tree->FindRun(run)->level + 1);
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

Status Background::Merge(const Job& job, BadInput& bad) {
  MergeInputs inputs(job.tree, job.choice);
  if (hooks_.make_room) hooks_.make_room(job.bytes);
  MergeOutput output;
  if (Status merged = MergeParts(job, inputs, output); !merged) {
    Discard(output.files);
    if (inputs.unreadable() == 0) return merged;
    bad = {.file = inputs.unreadable(), .runs = job.tree->RunsWith(inputs.unreadable())};
    return std::unexpected(merged.error().Prefixed("an input of a merge"));
  }
  VersionSet::Installation installation;
  inputs.CutOut(output.parts, installation.edit);
  const uint64_t run = job.choice.target_run != 0 ? job.choice.target_run : versions_.NewRunId();
  AddOutput(installation.edit, output.fragments, run, job.choice.target_level);
  installation.edit.counts = output.corrections;
  installation.new_files = std::move(output.files);
  installation.on_durable = [&] { hooks_.corrected(output.corrections); };
  CW_TRY(Install(std::move(installation)));
  const MutexLock lock(mutex_);
  ++stats_.merges;
  stats_.merge_bytes_read += output.bytes_in;
  stats_.merge_bytes_written += output.bytes_written;
  return {};
}

Status Background::MergeParts(const Job& job, MergeInputs& inputs, MergeOutput& output) {
  CW_ASSIGN(output.parts, inputs.PartsToMerge());
  for (const KeyRange& part : output.parts) CW_TRY(MergePart(job, inputs, part, output));
  return {};
}

Status Background::MergePart(const Job& job, MergeInputs& inputs, const KeyRange& part,
                             MergeOutput& output) {
  MergePlan plan = inputs.Plan(part, hooks_.readers());
  plan.rules.counting = options_.counting;
  plan.proceed = [this](uint64_t bytes) {
    hooks_.throttle(bytes);
    return !stopping_.load();
  };
  RunWriter::Options options = WriterOptions(job.choice.target_level >= job.tree->last_level());
  options.fragment_bytes = EvenFragmentBytes(inputs.BytesIn(part), options.fragment_bytes);
  RunWriter writer(env_, std::move(options), CarriedDeadRanges(plan));
  Result<MergeResult> result = RunMerge(std::move(plan), writer);
  output.files.insert(output.files.end(), writer.files().begin(), writer.files().end());
  if (!result) return Unwritten(result.error());
  std::ranges::move(result->fragments, std::back_inserter(output.fragments));
  output.corrections.Add(result->corrections);
  output.bytes_in += result->bytes_in;
  output.bytes_written += writer.bytes_written();
  return {};
}

}  // namespace cordwood::storage
