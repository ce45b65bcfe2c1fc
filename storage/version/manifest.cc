#include "storage/version/manifest.h"

#include <algorithm>
#include <charconv>

#include "base/coding.h"
#include "base/format.h"
#include "base/hash.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kAlign = 4096;
// Zeros are written ahead by this much.
constexpr uint64_t kAheadBytes = 64 << 10;
constexpr uint32_t kManifestFrameMagic = 0x464d5743;  // "CWMF"
constexpr size_t kChecksummedHeader = 16;
constexpr size_t kFrameHeader = kChecksummedHeader + sizeof(uint64_t);
constexpr uint32_t kHeaderFrame = 1;
constexpr uint32_t kEditFrame = 2;

uint64_t RoundUp(uint64_t size) { return (size + kAlign - 1) / kAlign * kAlign; }

uint64_t FrameChecksum(std::string_view header, std::string_view payload, uint64_t manifest,
                       uint64_t offset) {
  return Hash64(header, payload, manifest * 0x9e3779b97f4a7c15 + offset);
}

struct Frame {
  uint32_t kind = 0;
  std::string_view payload;
  uint64_t end = 0;  // of the frame with its padding
};

// The frame at `offset`, or nothing if the bytes there are not one.
std::optional<Frame> FrameAt(std::string_view file, uint64_t manifest, uint64_t offset) {
  ByteReader in(file.substr(offset));
  const std::optional<std::string_view> header = in.Bytes(kChecksummedHeader);
  const std::optional<uint64_t> checksum = in.Fixed<uint64_t>();
  if (!header || !checksum) return std::nullopt;
  if (LoadFixed<uint32_t>(header->data()) != kManifestFrameMagic) return std::nullopt;
  const std::optional<std::string_view> payload = in.Bytes(LoadFixed<uint32_t>(header->data() + 8));
  if (!payload || *checksum != FrameChecksum(*header, *payload, manifest, offset)) {
    return std::nullopt;
  }
  const uint64_t end = RoundUp(offset + kFrameHeader + payload->size());
  if (end > file.size()) return std::nullopt;
  const std::string_view padding =
      in.rest().substr(0, end - offset - kFrameHeader - payload->size());
  if (!AllZero(padding)) return std::nullopt;
  return Frame{.kind = LoadFixed<uint32_t>(header->data() + 4), .payload = *payload, .end = end};
}

bool AnyFrameAfter(std::string_view file, uint64_t manifest, uint64_t offset) {
  for (uint64_t at = offset + kAlign; at < file.size(); at += kAlign) {
    if (FrameAt(file, manifest, at)) return true;
  }
  return false;
}

Status CheckHeader(std::string_view payload, const std::string& path) {
  ByteReader in(payload);
  const std::optional<uint32_t> version = in.Fixed<uint32_t>();
  const std::optional<uint64_t> features = in.Fixed<uint64_t>();
  if (!version || !features) {
    return Fail(ErrorCode::kCorruption, Format("{}: malformed header at offset 0", path));
  }
  if (*version != kStoreFormat || *features != 0) {
    return Fail(ErrorCode::kUnsupported,
                Format("{}: the header at offset 0 says format {} (features {:#x}); this version "
                       "reads format {}. Start the version that wrote it.",
                       path, *version, *features, kStoreFormat));
  }
  return {};
}

Result<std::string> ReadAll(Env& env, const std::string& path) {
  Result<std::unique_ptr<File>> opened = env.Open(path, OpenMode::kRead);
  if (!opened && opened.error().code() == ErrorCode::kCorruption) {
    return Fail(ErrorCode::kCorruption,
                Format("{}; restore it, or the whole store", opened.error().message()));
  }
  CW_ASSIGN(const std::unique_ptr<File> file, std::move(opened));
  CW_ASSIGN(const uint64_t size, file->Size());
  std::string bytes(size, '\0');
  CW_ASSIGN(const size_t read, file->ReadAt(0, bytes));
  bytes.resize(read);
  return bytes;
}

Result<ManifestState> Replay(std::string_view file, uint64_t manifest, bool sealed,
                             const std::string& path) {
  ManifestState state{.manifest = manifest};
  uint64_t offset = 0;
  int edits = 0;
  while (offset < file.size()) {
    const std::optional<Frame> frame = FrameAt(file, manifest, offset);
    if (!frame) {
      if (AllZero(file.substr(offset))) break;
      if (edits > 0 && !sealed && !AnyFrameAfter(file, manifest, offset)) {
        state.torn_at = offset;
        break;
      }
      return Fail(
          ErrorCode::kCorruption,
          Format("{}: damaged record at offset {}; restore it, or the whole store", path, offset));
    }
    if (frame->kind != (offset == 0 ? kHeaderFrame : kEditFrame)) {
      return Fail(ErrorCode::kCorruption,
                  Format("{}: a record of kind {} at offset {}", path, frame->kind, offset));
    }
    if (offset == 0) {
      CW_TRY(CheckHeader(frame->payload, path));
    } else {
      Result<Edit> edit = Edit::Decode(frame->payload);
      if (!edit) return std::unexpected(edit.error().Prefixed(Format("{} at {}", path, offset)));
      if (const auto applied = state.Apply(*edit); !applied) {
        return std::unexpected(applied.error().Prefixed(Format("{} at {}", path, offset)));
      }
      ++edits;
    }
    offset = frame->end;
  }
  if (edits == 0) {
    return Fail(
        ErrorCode::kCorruption,
        Format("{}: no snapshot at offset {}; restore it, or the whole store", path, offset));
  }
  return state;
}

// Takes "word rest\n" off the front of `text` and returns rest.
std::optional<std::string_view> TakeLine(std::string_view& text, std::string_view word) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(word)) return std::nullopt;
  if (end <= word.size() || text[word.size()] != ' ') return std::nullopt;
  const std::string_view rest = text.substr(word.size() + 1, end - word.size() - 1);
  text.remove_prefix(end + 1);
  return rest;
}

std::optional<uint64_t> Number(std::string_view digits, int base) {
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<Current::Seal> ParseSeal(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> size = Number(text.substr(0, space), 10);
  const std::optional<uint64_t> hash = Number(text.substr(space + 1), 16);
  if (!size || !hash) return std::nullopt;
  return Current::Seal{.size = *size, .hash = *hash};
}

}  // namespace

std::string Current::Encode() const {
  std::string text = Format("cordwood {}\nmanifest {}\n", kStoreFormat, manifest);
  if (seal) text += Format("sealed {} {:016x}\n", seal->size, seal->hash);
  text += Format("checksum {:016x}\n", Hash64(text));
  return text;
}

Result<Current> Current::Decode(std::string_view bytes, const std::string& path) {
  const auto damaged = [&] {
    return Fail(ErrorCode::kCorruption,
                Format("{}: damaged at offset 0 to {}; restore it, or the whole store", path,
                       bytes.size()));
  };
  const size_t checksum_at = bytes.rfind("checksum ");
  if (checksum_at == std::string_view::npos) return damaged();
  std::string_view tail = bytes.substr(checksum_at);
  const std::string expected = Format("checksum {:016x}\n", Hash64(bytes.substr(0, checksum_at)));
  if (tail != expected) return damaged();
  std::string_view text = bytes.substr(0, checksum_at);
  const std::optional<std::string_view> format = TakeLine(text, "cordwood");
  if (!format) return damaged();
  if (*format != Format("{}", kStoreFormat)) {
    return Fail(ErrorCode::kUnsupported,
                Format("{}: the line at offset 0 says format {}; this version reads format {}. "
                       "Start the version that wrote it.",
                       path, *format, kStoreFormat));
  }
  const std::optional<std::string_view> manifest = TakeLine(text, "manifest");
  const std::optional<uint64_t> number = manifest ? Number(*manifest, 10) : std::nullopt;
  if (!number) return damaged();
  Current current{.manifest = *number};
  if (const std::optional<std::string_view> seal = TakeLine(text, "sealed")) {
    current.seal = ParseSeal(*seal);
    if (!current.seal) return damaged();
  }
  // Each line has one form only.
  if (!text.empty() || current.Encode() != bytes) return damaged();
  return current;
}

Result<std::optional<Current>> ReadCurrent(Env& env, const std::string& dir) {
  const std::string path = CurrentPath(dir);
  CW_ASSIGN(const bool exists, env.Exists(path));
  if (!exists) return std::nullopt;
  CW_ASSIGN(const std::string bytes, ReadAll(env, path));
  CW_ASSIGN(const Current current, Current::Decode(bytes, path));
  return current;
}

Status WriteCurrent(Env& env, const std::string& dir, const Current& current) {
  const std::string path = CurrentPath(dir);
  const std::string temporary = TemporaryPath(path);
  CW_ASSIGN(const bool exists, env.Exists(temporary));
  if (exists) CW_TRY(env.Remove(temporary));
  CW_ASSIGN(const std::unique_ptr<File> file, env.Open(temporary, OpenMode::kCreate));
  CW_TRY(file->WriteAt(0, current.Encode()));
  CW_TRY(file->Sync());
  CW_TRY(env.Rename(temporary, path));
  if (const Status synced = env.SyncDir(dir); !synced) {
    // Which CURRENT a crash leaves is open now: never an error that says nothing happened.
    return Fail(ErrorCode::kIo, synced.error().message());
  }
  return {};
}

Result<ManifestState> ReadManifest(Env& env, const std::string& dir, const Current& current) {
  const std::string path = ManifestPath(dir, current.manifest);
  CW_ASSIGN(const bool exists, env.Exists(path));
  if (!exists) {
    return Fail(ErrorCode::kCorruption,
                Format("{}: missing, but CURRENT names it; restore it, or the whole store", path));
  }
  CW_ASSIGN(const std::string bytes, ReadAll(env, path));
  const std::string_view frames(bytes.data(),
                                std::min(bytes.size(), current.seal ? current.seal->size : 0));
  if (current.seal &&
      (frames.size() != current.seal->size || Hash64(frames) != current.seal->hash ||
       !AllZero(std::string_view(bytes).substr(frames.size())))) {
    // Name the place if a frame shows it; otherwise the file as a whole is not what was sealed.
    CW_TRY(Replay(bytes, current.manifest, true, path));
    return Fail(
        ErrorCode::kCorruption,
        Format("{}: {} bytes from offset 0 are not what the last stop left", path, bytes.size()));
  }
  return Replay(bytes, current.manifest, current.seal.has_value(), path);
}

Result<std::unique_ptr<ManifestWriter>> ManifestWriter::Create(Env& env, const std::string& dir,
                                                               uint64_t number,
                                                               const ManifestState& state,
                                                               uint64_t growth_bytes) {
  CW_ASSIGN(std::unique_ptr<File> file, env.Open(ManifestPath(dir, number), OpenMode::kCreate));
  std::unique_ptr<ManifestWriter> writer(
      new ManifestWriter(env, dir, number, std::move(file), growth_bytes));
  const Status started = writer->Start(state);
  if (IsShortage(started)) {
    writer.reset();
    IgnoreError(env.Remove(ManifestPath(dir, number)), "it takes little, and CURRENT is not ours");
  }
  CW_TRY(started);
  return writer;
}

Status ManifestWriter::Start(const ManifestState& state) {
  std::string header;
  AppendFixed32(header, kStoreFormat);
  AppendFixed64(header, 0);
  CW_TRY(AppendFrame(kHeaderFrame, header));
  CW_TRY(AppendFrame(kEditFrame, state.Snapshot().Encode()));
  CW_TRY(file_->Sync());
  CW_TRY(env_.SyncDir(dir_));
  start_size_ = size_;
  return WriteCurrent(env_, dir_, {.manifest = number_});
}

Status ManifestWriter::MakeRoom(uint64_t bytes) {
  if (size_ + bytes <= zeros_) return {};
  const auto extend_to = [this](uint64_t end) {
    const Status extended = file_->WriteAt(zeros_, std::string(end - zeros_, '\0'));
    if (extended) zeros_ = end;
    return extended;
  };
  const uint64_t end = RoundUp(size_ + bytes);
  const Status ahead = extend_to(end + kAheadBytes);
  if (!IsShortage(ahead)) return ahead;
  // It may have taken what there was.
  CW_TRY(file_->Truncate(zeros_));
  return extend_to(end);
}

Status ManifestWriter::AppendFrame(uint32_t kind, std::string_view payload) {
  std::string frame;
  AppendFixed32(frame, kManifestFrameMagic);
  AppendFixed32(frame, kind);
  AppendFixed32(frame, static_cast<uint32_t>(payload.size()));
  AppendFixed32(frame, 0);
  AppendFixed64(frame, FrameChecksum(frame, payload, number_, size_));
  frame += payload;
  frame.resize(RoundUp(frame.size()), '\0');
  CW_TRY(MakeRoom(frame.size()));
  if (const Status written = file_->WriteAt(size_, frame); !written) {
    // The place was there: even a lack of space is now a failure with an unknown outcome.
    return Fail(ErrorCode::kIo, written.error().message());
  }
  size_ += frame.size();
  return {};
}

Status ManifestWriter::Append(const Edit& edit) {
  CW_TRY(AppendFrame(kEditFrame, edit.Encode()));
  if (const Status synced = file_->Sync(); !synced) {
    // The frame is in the file, so the edit may count: never an error that says nothing happened.
    return Fail(ErrorCode::kIo, synced.error().message());
  }
  return {};
}

Status ManifestWriter::Seal() {
  std::string bytes(size_, '\0');
  CW_ASSIGN(const size_t read, file_->ReadAt(0, bytes));
  if (read != size_) return Fail(ErrorCode::kIo, "the manifest shrank under us");
  return WriteCurrent(env_, dir_,
                      {.manifest = number_, .seal = Current::Seal{size_, Hash64(bytes)}});
}

}  // namespace cordwood::storage
