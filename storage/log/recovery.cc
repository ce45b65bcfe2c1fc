#include "storage/log/recovery.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "storage/file_names.h"
#include "storage/log/salvage.h"
#include "storage/log/segment_resume.h"
#include "storage/log/segment_scan.h"
#include "storage/write_batch.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kCopyChunkBytes = 1 << 20;

class Recovery {
 public:
  Recovery(Env& env, const RecoveryOptions& options) : env_(env), options_(options) {}

  Result<RecoveredLog> Run(const ApplyRecords& apply) {
    CW_ASSIGN(const LogNote note, Note());
    CW_ASSIGN(const std::vector<SegmentScan> scans, ScanAll());
    const ChainFacts facts{.dir = options_.dir,
                           .store_id = options_.store_id,
                           .flushed_seq = options_.flushed_seq,
                           .known_synced = options_.known_synced,
                           .note = note};
    CW_ASSIGN(plan_, options_.accept_loss ? PlanSalvage(facts, scans) : PlanRecovery(facts, scans));
    CW_TRY(SetAside());
    CW_TRY(ForEachFrame(plan_.replay, [&](const ChainFrame& placed, std::string_view ops) {
      return Replay(apply, placed, ops);
    }));
    // They hold nothing but space, which the rest may need.
    CW_TRY(RemoveSegments(plan_.blank));
    for (const TornBytes& torn : plan_.torn) CW_TRY(KeepTornBytesIfTheyFit(torn));
    CW_ASSIGN(SegmentWriter active, StartOrResume());
    CW_ASSIGN(NoteFile renewed, RenewNote(note, active.header()));
    CW_TRY(RemoveSegments(plan_.leftover));
    return RecoveredLog{.last_seq = plan_.last_seq,
                        .stream = plan_.stream,
                        .active = std::move(active),
                        .note = std::move(renewed),
                        .kept = std::move(plan_.kept),
                        .kept_seq = plan_.replay.empty() ? options_.flushed_seq
                                                         : plan_.replay.back().frame.next_seq() - 1,
                        .set_aside = std::move(set_aside_),
                        .replayed_groups = plan_.replay.size(),
                        .copied_groups = plan_.copy.size(),
                        .torn_bytes = TornTotal(),
                        .resumed = resumed_};
  }

 private:
  Result<LogNote> Note() {
    Result<LogNote> note = ReadNote(env_, options_.dir, options_.store_id);
    const bool is_lost = !note && note.error().code() == ErrorCode::kCorruption;
    if (!is_lost || !options_.accept_loss) return note;
    // Whatever its counter was, the file is replaced as a whole; but a directory cannot be.
    const std::string path = NotePath(options_.dir);
    const Result<std::unique_ptr<File>> file = env_.Open(path, OpenMode::kRead);
    if (!file && file.error().code() == ErrorCode::kCorruption) in_the_way_.push_back(path);
    return LogNote{.store_id = options_.store_id};
  }

  /// Renames what is in the way of files: it is not ours to remove.
  Status SetAside() {
    for (const std::string& path : in_the_way_) {
      std::string to = path + ".aside";
      for (int i = 2;; ++i) {
        CW_ASSIGN(const bool exists, env_.Exists(to));
        if (!exists) break;
        to = Format("{}.aside{}", path, i);
      }
      CW_TRY(env_.Rename(path, to));
      set_aside_.push_back(std::move(to));
    }
    return in_the_way_.empty() ? Status() : env_.SyncDir(options_.dir);
  }

  Result<std::vector<SegmentScan>> ScanAll() {
    CW_ASSIGN(const std::vector<std::string> names, env_.List(options_.dir));
    std::vector<uint64_t> numbers;
    for (const std::string& name : names) {
      const std::optional<FileName> parsed = ParseFileName(name);
      if (!parsed || parsed->kind != FileKind::kLog) continue;
      // Only the one spelling that we write: "0000001.wal" is somebody else's file.
      if (!LogPath(options_.dir, parsed->number).ends_with("/" + name)) continue;
      numbers.push_back(parsed->number);
    }
    std::ranges::sort(numbers);
    std::vector<SegmentScan> scans;
    for (const uint64_t number : numbers) {
      Result<SegmentScan> scan = ScanSegment(env_, options_.dir, number);
      if (!scan && scan.error().code() == ErrorCode::kCorruption && options_.accept_loss) {
        in_the_way_.push_back(LogPath(options_.dir, number));
        continue;
      }
      if (!scan) return std::unexpected(std::move(scan).error());
      scans.push_back(*std::move(scan));
    }
    return scans;
  }

  /// Calls visit(placed, payload) for each frame, reading it from its segment again.
  template <typename Visit>
  Status ForEachFrame(const std::vector<ChainFrame>& frames, Visit visit) {
    std::unique_ptr<File> file;
    uint64_t open_number = 0;
    std::string buffer;
    for (const ChainFrame& placed : frames) {
      const std::string path = LogPath(options_.dir, placed.segment);
      if (!file || open_number != placed.segment) {
        CW_ASSIGN(file, env_.Open(path, OpenMode::kRead));
        open_number = placed.segment;
      }
      Result<std::string_view> payload = ReadFrame(*file, placed.frame, buffer);
      if (!payload) return std::unexpected(payload.error().Prefixed(path));
      CW_TRY(visit(placed, *payload));
    }
    return {};
  }

  /// What a frame with a good checksum holds may still make no sense.
  Status Replay(const ApplyRecords& apply, const ChainFrame& placed, std::string_view ops) {
    const Status replayed = ReplayAboveFlushed(apply, placed.frame, ops);
    if (replayed) return {};
    return std::unexpected(replayed.error().Prefixed(Format(
        "{}: frame at offset {}", LogPath(options_.dir, placed.segment), placed.frame.offset)));
  }

  /// A group may begin with batches that the tables hold already.
  Status ReplayAboveFlushed(const ApplyRecords& apply, const FrameRef& frame,
                            std::string_view ops) {
    Seq first = frame.header.first_seq;
    OpReader reader(ops);
    for (; first <= options_.flushed_seq; ++first) {
      if (reader.done()) return Fail(ErrorCode::kCorruption, "a frame has too few operations");
      CW_ASSIGN([[maybe_unused]] const Op skipped, reader.Next());
    }
    return apply(first, static_cast<uint32_t>(frame.next_seq() - first), reader.rest());
  }

  /// A start that needs space for data must not fail for what was never promised.
  Status KeepTornBytesIfTheyFit(const TornBytes& torn) {
    const Status kept = KeepTornBytes(torn);
    if (!IsShortage(kept)) return kept;
    LogWarning(Format("no space to keep a copy of the torn bytes: {}", kept.error().message()));
    const std::string path = TornTailPath(options_.dir, torn.segment);
    CW_ASSIGN(const bool exists, env_.Exists(path));
    return exists ? env_.Remove(path) : Status();
  }

  Status KeepTornBytes(const TornBytes& torn) {
    const std::string from_path = LogPath(options_.dir, torn.segment);
    const std::string to_path = TornTailPath(options_.dir, torn.segment);
    CW_ASSIGN(const bool exists, env_.Exists(to_path));
    if (exists) CW_TRY(env_.Remove(to_path));  // of a recovery that was cut short
    CW_ASSIGN(const std::unique_ptr<File> from, env_.Open(from_path, OpenMode::kRead));
    CW_ASSIGN(const std::unique_ptr<File> to, env_.Open(to_path, OpenMode::kCreate));
    std::string chunk;
    for (uint64_t done = 0; done < torn.bytes; done += chunk.size()) {
      chunk.resize(std::min(torn.bytes - done, kCopyChunkBytes));
      CW_ASSIGN(const size_t got, from->ReadAt(torn.offset + done, std::span<char>(chunk)));
      if (got != chunk.size()) return Fail(ErrorCode::kIo, from_path + ": short read");
      CW_TRY(to->WriteAt(done, chunk));
    }
    CW_TRY(to->Sync());
    torn_copies_.push_back(to_path);
    return {};
  }

  Result<SegmentWriter> StartOrResume() {
    Result<BlankSegment> made = MakeNewFile();
    if (made) return StartSegment(*std::move(made));
    const bool may_resume = made.error().code() == ErrorCode::kNoSpace && plan_.newest;
    if (!may_resume) return std::unexpected(made.error());
    Result<SegmentWriter> resumed = ResumeSegment(env_, options_.dir, *plan_.newest, plan_.copy);
    if (!resumed && resumed.error().code() == ErrorCode::kIo) return resumed;
    if (!resumed) return std::unexpected(made.error());
    LogWarning(Format("no space for a log segment ({}): the log goes on in {}",
                      made.error().message(), LogPath(options_.dir, plan_.newest->header.number)));
    plan_.kept = plan_.newest->before;
    std::erase(plan_.leftover, plan_.newest->header.number);
    for (const KeptSegment& kept : plan_.kept) std::erase(plan_.leftover, kept.number);
    resumed_ = true;
    CW_TRY(resumed->WriteEmpty(plan_.last_seq + 1, plan_.last_seq, plan_.stream));
    return resumed;
  }

  /// Copied frames first, all of it synced, then the header: a segment with a header is complete.
  Result<SegmentWriter> StartSegment(BlankSegment blank) {
    const SegmentHeader header{.number = blank.number,
                               .ordinal = plan_.ordinal,
                               .salt = env_.RandomU64(),
                               .store_id = options_.store_id,
                               .predecessor = plan_.predecessor,
                               .cut = plan_.cut,
                               .cut_seq = plan_.cut_seq,
                               .known_synced = std::max(plan_.known_synced, plan_.cut_seq),
                               .bytes = blank.bytes};
    uint64_t end = kLogAlign;
    Group group;
    const auto copy = [&](const ChainFrame& placed, std::string_view ops) -> Status {
      const FrameHeader& copied = placed.frame.header;
      group.Clear();
      group.Append(copied.first_seq, copied.op_count, ops, true);
      group.SetStream(copied.stream);
      const std::string_view bytes = group.Encode(end, {}, header.salt, header.known_synced);
      CW_TRY(blank.file->WriteAt(end, bytes));
      end += bytes.size();
      return {};
    };
    CW_TRY(ForEachFrame(plan_.copy, copy));
    if (end != kLogAlign) CW_TRY(blank.file->Sync());
    std::string sector(kLogAlign, '\0');
    EncodeSegmentHeader(header, sector);
    CW_TRY(blank.file->WriteAt(0, sector));
    CW_TRY(blank.file->Sync());
    SegmentWriter writer(std::move(blank.file), blank.bytes, header, end);
    // Only now that the header is on stable storage may anything say that the copies are.
    CW_TRY(writer.WriteEmpty(plan_.last_seq + 1, plan_.last_seq, plan_.stream));
    return writer;
  }

  /// Before a start fails for lack of space it does without the copies of torn bytes.
  Result<BlankSegment> MakeNewFile() {
    Result<BlankSegment> made = TryToMakeNewFile();
    if (made || made.error().code() != ErrorCode::kNoSpace || torn_copies_.empty()) return made;
    LogWarning("no space for the log beside the copies of torn bytes, which are removed");
    for (const std::string& path : torn_copies_) CW_TRY(env_.Remove(path));
    return TryToMakeNewFile();
  }

  Result<BlankSegment> TryToMakeNewFile() {
    uint64_t frames = 0;
    for (const ChainFrame& placed : plan_.copy) {
      frames += SectorFrom(FrameBytes(placed.frame.header.payload_bytes));
    }
    const uint64_t small = SegmentBytesFor(frames);
    const uint64_t wanted =
        FrameRoom(options_.segment_bytes) > frames ? options_.segment_bytes : small;
    Result<BlankSegment> made = MakeSegment(env_, options_.dir, options_.allocate(), wanted);
    if (made || made.error().code() != ErrorCode::kNoSpace || small >= wanted) return made;
    return MakeSegment(env_, options_.dir, options_.allocate(), small);
  }

  Result<NoteFile> RenewNote(const LogNote& before, const SegmentHeader& newest) {
    return NoteFile::Renew(env_, options_.dir,
                           {.store_id = options_.store_id,
                            .counter = before.counter,
                            .segment = newest.number,
                            .ordinal = newest.ordinal,
                            .salt = newest.salt,
                            .known_synced = plan_.last_seq});
  }

  Status RemoveSegments(const std::vector<uint64_t>& numbers) {
    for (const uint64_t number : numbers) CW_TRY(env_.Remove(LogPath(options_.dir, number)));
    // A removed segment must not come back beside a longer chain.
    return numbers.empty() ? Status() : env_.SyncDir(options_.dir);
  }

  uint64_t TornTotal() const {
    uint64_t total = 0;
    for (const TornBytes& torn : plan_.torn) total += torn.bytes;
    return total;
  }

  Env& env_;
  const RecoveryOptions& options_;
  LogPlan plan_;
  std::vector<std::string> torn_copies_;  // made by this recovery
  std::vector<std::string> in_the_way_;   // what is no file where one should be
  std::vector<std::string> set_aside_;    // the names of that now
  bool resumed_ = false;
};

}  // namespace

Status CreateNote(Env& env, const std::string& dir, uint64_t store_id) {
  CW_ASSIGN([[maybe_unused]] const NoteFile made,
            NoteFile::Replace(env, dir, {.store_id = store_id}));
  return {};
}

Result<RecoveredLog> RecoverLog(Env& env, const RecoveryOptions& options,
                                const ApplyRecords& apply) {
  return Recovery(env, options).Run(apply);
}

}  // namespace cordwood::storage
