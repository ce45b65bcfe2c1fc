#include "config/config_file.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/format.h"
#include "base/glob.h"
#include "config/option_table.h"
#include "config/words.h"

namespace cordwood::config {
namespace {

Result<std::string> ReadWholeFile(Env& env, const std::string& path) {
  CW_ASSIGN(const std::unique_ptr<File> file, env.Open(path, OpenMode::kReadOther));
  // What looks empty may not be (/proc), so read on until nothing comes.
  constexpr size_t kChunkBytes = 64 << 10;
  std::string text;
  while (true) {
    const size_t before = text.size();
    text.resize(before + kChunkBytes);
    CW_ASSIGN(const size_t count, file->ReadAt(before, std::span(text).subspan(before)));
    text.resize(before + count);
    if (count < kChunkBytes) return text;
    if (text.size() > kConfigFileBytesMax) {
      return Fail(ErrorCode::kTooLarge, Format("{} is too large for a configuration", path));
    }
  }
}

std::string_view Trim(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

/// The files that an include names, in order. A pattern may match none, a plain path is itself.
Result<std::vector<std::string>> IncludedPaths(Env& env, const std::string& path) {
  const size_t slash = path.rfind('/');
  const size_t name_at = slash == std::string::npos ? 0 : slash + 1;
  const std::string pattern = path.substr(name_at);
  if (GlobPrefix(pattern) == pattern) return std::vector{path};
  const std::string dir = path.substr(0, name_at);
  CW_ASSIGN(std::vector<std::string> names, env.List(dir.empty() ? "." : dir));
  std::erase_if(names, [&](const std::string& name) {
    return !GlobMatch(pattern, name) || (name[0] == '.' && pattern[0] != '.');
  });
  std::ranges::sort(names);
  for (std::string& name : names) name.insert(0, dir);
  return names;
}

/// Applies one text after the other to one configuration.
class Reader {
 public:
  Reader(Env& env, Config& config) : env_(env), config_(config) {}

  Status Apply(std::string_view source, std::string_view text, int depth);
  Status ApplyFile(const std::string& path, int depth);

 private:
  struct Place {
    std::string_view source;
    int line_number;
    std::string_view line;

    Error Describe(const Error& reason) const {
      return Error(reason.code(), Format("{}, line {}\n>>> '{}'\n{}", source, line_number, line,
                                         reason.message()));
    }
  };

  Status ApplyLine(const Place& place, int depth);
  Status Include(const Place& place, const std::string& path, int depth);

  Env& env_;
  Config& config_;
};

Status Reader::Apply(std::string_view source, std::string_view text, int depth) {
  for (int line_number = 1; !text.empty(); ++line_number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    if (!line.empty() && line[0] != '#') {
      CW_TRY(ApplyLine({.source = source, .line_number = line_number, .line = line}, depth));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

Status Reader::ApplyFile(const std::string& path, int depth) {
  CW_ASSIGN(const std::string text, ReadWholeFile(env_, path));
  return Apply(path, text, depth);
}

Status Reader::ApplyLine(const Place& place, int depth) {
  const std::optional<std::vector<std::string>> words = SplitWords(place.line);
  if (!words) {
    return std::unexpected(place.Describe(
        Error(ErrorCode::kInvalidArgument, "Unbalanced quotes in configuration line")));
  }
  if (words->empty()) return {};
  const std::string& name = words->front();
  const std::span<const std::string> values = std::span(*words).subspan(1);
  if (EqualsIgnoreCase(name, "include") && values.size() == 1) {
    return Include(place, values[0], depth);
  }
  if (const Status status = SetOption(config_, name, values); !status) {
    return std::unexpected(place.Describe(status.error()));
  }
  return {};
}

Status Reader::Include(const Place& place, const std::string& path, int depth) {
  if (depth == kIncludeDepthMax) {
    return std::unexpected(place.Describe(
        Error(ErrorCode::kInvalidArgument, "Too many files that include each other")));
  }
  const Result<std::vector<std::string>> paths = IncludedPaths(env_, path);
  if (!paths) return std::unexpected(place.Describe(paths.error()));
  for (const std::string& each : *paths) {
    const Result<std::string> text = ReadWholeFile(env_, each);
    if (!text) return std::unexpected(place.Describe(text.error()));
    CW_TRY(Apply(each, *text, depth + 1));
  }
  return {};
}

}  // namespace

Status ReadConfigText(Env& env, std::string_view source, std::string_view text, Config& config) {
  return Reader(env, config).Apply(source, text, 0);
}

Status ReadConfigFile(Env& env, const std::string& path, Config& config) {
  return Reader(env, config).ApplyFile(path, 0);
}

}  // namespace cordwood::config
