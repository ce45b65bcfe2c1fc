#include "storage/file_names.h"

#include <charconv>

#include "base/check.h"

namespace cordwood::storage {
namespace {

std::string Numbered(uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return digits;
}

std::string Join(std::string_view dir, std::string_view name) {
  std::string path(dir);
  path += '/';
  path += name;
  return path;
}

std::optional<uint64_t> ParseNumber(std::string_view digits) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.size() < 6 || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<FileName> ParseNumbered(std::string_view digits, FileKind kind) {
  const std::optional<uint64_t> number = ParseNumber(digits);
  if (!number) return std::nullopt;
  return FileName{.kind = kind, .number = *number};
}

constexpr std::string_view kManifestPrefix = "MANIFEST-";
constexpr std::string_view kTemporarySuffix = ".tmp";

}  // namespace

std::string CurrentPath(std::string_view dir) { return Join(dir, "CURRENT"); }
std::string BallastPath(std::string_view dir) { return Join(dir, "BALLAST"); }

std::string NotePath(std::string_view dir) { return Join(dir, "NOTE"); }

std::string ManifestPath(std::string_view dir, uint64_t number) {
  return Join(dir, std::string(kManifestPrefix) + Numbered(number));
}

std::string LogPath(std::string_view dir, uint64_t number) {
  return Join(dir, Numbered(number) + ".wal");
}

std::string TablePath(std::string_view dir, uint64_t number) {
  return Join(dir, TableFileName(number));
}

std::string TableFileName(uint64_t number) { return Numbered(number) + ".sst"; }

std::string PathOf(std::string_view dir, FileName file) {
  switch (file.kind) {
    case FileKind::kManifest:
      return ManifestPath(dir, file.number);
    case FileKind::kLog:
      return LogPath(dir, file.number);
    case FileKind::kTable:
      return TablePath(dir, file.number);
    case FileKind::kTornTail:
      return TornTailPath(dir, file.number);
    default:
      CHECK(false);  // has no number
  }
}

std::string TemporaryPath(std::string_view path) {
  return std::string(path) + std::string(kTemporarySuffix);
}

std::string TornTailPath(std::string_view dir, uint64_t number) {
  return Join(dir, Numbered(number) + ".torn");
}

std::optional<FileName> ParseFileName(std::string_view name) {
  if (name == "CURRENT") return FileName{.kind = FileKind::kCurrent};
  if (name == "NOTE") return FileName{.kind = FileKind::kNote};
  if (name == "BALLAST") return FileName{.kind = FileKind::kBallast};
  if (name.ends_with(kTemporarySuffix)) {
    const std::string_view stem = name.substr(0, name.size() - kTemporarySuffix.size());
    if (!ParseFileName(stem)) return std::nullopt;
    return FileName{.kind = FileKind::kTemporary};
  }
  if (name.starts_with(kManifestPrefix)) {
    return ParseNumbered(name.substr(kManifestPrefix.size()), FileKind::kManifest);
  }
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view stem = name.substr(0, dot);
  const std::string_view suffix = name.substr(dot);
  if (suffix == ".wal") return ParseNumbered(stem, FileKind::kLog);
  if (suffix == ".sst") return ParseNumbered(stem, FileKind::kTable);
  if (suffix == ".torn") return ParseNumbered(stem, FileKind::kTornTail);
  return std::nullopt;
}

}  // namespace cordwood::storage
