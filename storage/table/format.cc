#include "storage/table/format.h"

#include <lz4.h>

#include <utility>

#include "base/coding.h"
#include "base/format.h"
#include "base/hash.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kMagic = 0x00454c4241545743;  // "CWTABLE\0"
constexpr uint32_t kTableFormat = 2;
constexpr size_t kFooterChecksumAt = 64;
constexpr size_t kFooterMagicAt = 72;
/// An LZ4 byte stands for at most 255 bytes.
constexpr uint64_t kLz4RatioMax = 255;
constexpr size_t kGrowsByDoubling = 256 << 10;

uint64_t Seed(uint64_t salt, uint64_t offset) {
  char place[16];
  StoreFixed(place, salt);
  StoreFixed(place + 8, offset);
  return Hash64({place, sizeof(place)});
}

/// Appends the LZ4 form of `contents` to `out`, or nothing if it saves too little.
bool AppendCompressed(std::string& out, std::string_view contents) {
  if (contents.empty() || contents.size() > LZ4_MAX_INPUT_SIZE) return false;
  const size_t start = out.size();
  AppendVarint32(out, static_cast<uint32_t>(contents.size()));
  const size_t bytes_at = out.size();
  const size_t bytes_max = contents.size() * 88 / 100;
  // Not resize, which would fill the room with zeros first.
  out.resize_and_overwrite(bytes_at + bytes_max, [&](char* to, size_t /*size*/) {
    const int bytes =
        LZ4_compress_default(contents.data(), to + bytes_at, static_cast<int>(contents.size()),
                             static_cast<int>(bytes_max));
    return bytes > 0 ? bytes_at + static_cast<size_t>(bytes) : start;
  });
  return out.size() > start;
}

struct Stored {
  std::string_view bytes;
  Compression compression;
};

Result<Stored> CheckSeal(std::string_view sealed, uint64_t salt, uint64_t offset) {
  if (sealed.size() < kBlockSealBytes) return Fail(ErrorCode::kCorruption, "block too short");
  const size_t checked_bytes = sealed.size() - sizeof(uint64_t);
  const uint64_t checksum = Hash64(sealed.substr(0, checked_bytes), Seed(salt, offset));
  if (checksum != LoadFixed<uint64_t>(sealed.data() + checked_bytes)) {
    return Fail(ErrorCode::kCorruption, "checksum mismatch");
  }
  const auto compression = static_cast<uint8_t>(sealed[checked_bytes - 1]);
  if (compression > static_cast<uint8_t>(Compression::kLz4)) {
    return Fail(ErrorCode::kUnsupported, Format("unknown compression {}", compression));
  }
  return Stored{.bytes = sealed.substr(0, checked_bytes - 1),
                .compression = static_cast<Compression>(compression)};
}

Result<Block> Decompress(std::string_view stored) {
  ByteReader reader(stored);
  const std::optional<uint32_t> raw_size = reader.Varint32();
  // The bound keeps nonsense from asking for gigabytes.
  if (!raw_size || *raw_size > reader.size() * kLz4RatioMax || *raw_size > LZ4_MAX_INPUT_SIZE ||
      reader.size() > LZ4_MAX_INPUT_SIZE) {
    return Fail(ErrorCode::kCorruption, "malformed compressed block");
  }
  auto raw = std::make_unique_for_overwrite<char[]>(*raw_size);
  const int size =
      LZ4_decompress_safe(reader.rest().data(), raw.get(), static_cast<int>(reader.size()),
                          static_cast<int>(*raw_size));
  if (size < 0 || static_cast<uint32_t>(size) != *raw_size) {
    return Fail(ErrorCode::kCorruption, "malformed compressed block");
  }
  const std::string_view contents(raw.get(), *raw_size);
  return Block::Parse(contents, std::move(raw));
}

}  // namespace

uint32_t AppendBlock(std::string& out, std::string_view contents, uint64_t salt, uint64_t offset,
                     bool compress) {
  const size_t start = out.size();
  // What is large grows once, to its size: doubled, it would take twice as much.
  if (contents.size() > kGrowsByDoubling) out.reserve(start + contents.size() + kBlockSealBytes);
  const bool compressed = compress && AppendCompressed(out, contents);
  if (!compressed) out.append(contents);
  out.push_back(static_cast<char>(compressed ? Compression::kLz4 : Compression::kNone));
  AppendFixed64(out, Hash64(std::string_view(out).substr(start), Seed(salt, offset)));
  return static_cast<uint32_t>(out.size() - start);
}

void AppendSeal(std::string& out, std::string_view head, std::string_view body,
                std::string_view tail, uint64_t salt, uint64_t offset) {
  const char compression = static_cast<char>(Compression::kNone);
  out.push_back(compression);
  AppendFixed64(out, Hash64({head, body, tail, {&compression, 1}}, Seed(salt, offset)));
}

Result<std::string_view> OpenPlainBlock(std::string_view sealed, uint64_t salt, uint64_t offset) {
  CW_ASSIGN(const Stored stored, CheckSeal(sealed, salt, offset));
  if (stored.compression != Compression::kNone) {
    return Fail(ErrorCode::kCorruption, "compressed where it must not be");
  }
  return stored.bytes;
}

Result<Block> OpenDataBlock(std::string_view sealed, std::unique_ptr<char[]> owner, uint64_t salt,
                            uint64_t offset) {
  CW_ASSIGN(const Stored stored, CheckSeal(sealed, salt, offset));
  if (stored.compression == Compression::kLz4) return Decompress(stored.bytes);
  return Block::Parse(stored.bytes, std::move(owner));
}

void AppendFooter(std::string& out, const Footer& footer) {
  const size_t start = out.size();
  AppendFixed64(out, footer.filter_offset);
  AppendFixed64(out, footer.dead_ranges_offset);
  AppendFixed64(out, footer.properties_offset);
  AppendFixed64(out, footer.index_offset);
  AppendFixed64(out, footer.file_bytes);
  AppendFixed64(out, footer.name.number);
  AppendFixed64(out, footer.name.salt);
  AppendFixed32(out, kTableFormat);
  AppendFixed32(out, 0);  // features
  AppendFixed64(out, Hash64(std::string_view(out).substr(start),
                            Seed(footer.name.salt, footer.file_bytes - kFooterBytes)));
  AppendFixed64(out, kMagic);
}

Result<Footer> ParseFooter(std::string_view bytes, uint64_t file_bytes) {
  const auto word = [&bytes](size_t at) { return LoadFixed<uint64_t>(bytes.data() + at); };
  if (bytes.size() != kFooterBytes || word(kFooterMagicAt) != kMagic) {
    return Fail(ErrorCode::kCorruption, "not the end of a table file");
  }
  const uint64_t footer_offset = file_bytes - kFooterBytes;
  if (Hash64(bytes.substr(0, kFooterChecksumAt), Seed(word(48), footer_offset)) !=
      word(kFooterChecksumAt)) {
    return Fail(ErrorCode::kCorruption, "checksum mismatch");
  }
  const auto version = LoadFixed<uint32_t>(bytes.data() + 56);
  const auto features = LoadFixed<uint32_t>(bytes.data() + 60);
  if (version != kTableFormat || features != 0) {
    return Fail(ErrorCode::kUnsupported,
                Format("unknown format version {}, features {:#x}", version, features));
  }
  const Footer footer{.filter_offset = word(0),
                      .dead_ranges_offset = word(8),
                      .properties_offset = word(16),
                      .index_offset = word(24),
                      .file_bytes = word(32),
                      .name = {.number = word(40), .salt = word(48)}};
  if (footer.file_bytes != file_bytes || footer.filter_offset > footer.dead_ranges_offset ||
      footer.dead_ranges_offset > footer.properties_offset ||
      footer.properties_offset > footer.index_offset || footer.index_offset > footer_offset) {
    return Fail(ErrorCode::kCorruption, "sections out of order");
  }
  return footer;
}

}  // namespace cordwood::storage
