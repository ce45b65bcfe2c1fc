#include "config/checked_texts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "config/option.h"
#include "config/words.h"

namespace cordwood::config {
namespace {

std::unexpected<Error> Refuse(std::string_view reason) {
  return Fail(ErrorCode::kInvalidArgument, std::string(reason));
}

bool IsAlphanumeric(char c) {
  const char lower = ToLower(c);
  return (lower >= 'a' && lower <= 'z') || IsDigit(c);
}

}  // namespace

Result<std::string> NormalisePermissions(std::span<const std::string> words) {
  constexpr uint32_t kMost = 0777;
  uint32_t permissions = 0;
  for (const char digit : words[0]) {
    if (digit < '0' || digit > '7') return Refuse("argument couldn't be parsed as an octal number");
    permissions = permissions * 8 + static_cast<uint32_t>(digit - '0');
    if (permissions > kMost) return Refuse("argument must be between 0 and 777 inclusive");
  }
  if (words[0].empty()) return Refuse("argument couldn't be parsed as an octal number");
  return Format("{:o}", permissions);
}

Result<std::string> NormaliseOomScores(std::span<const std::string> words) {
  constexpr size_t kScores = 3;
  constexpr int64_t kMost = 2000;
  if (words.size() != kScores) return Refuse("wrong number of arguments");
  for (const std::string& word : words) {
    const std::optional<int64_t> score = ParseInt64(word);
    if (!score || *score < -kMost || *score > kMost) {
      return Refuse("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
  }
  return JoinWords(words);
}

Result<std::string> NormaliseShutdownFlags(std::span<const std::string> words) {
  constexpr std::array<std::string_view, 5> kFlags = {"default", "save", "nosave", "now", "force"};
  constexpr size_t kDefault = 0;
  constexpr size_t kSave = 1;
  constexpr size_t kNoSave = 2;
  std::array<bool, kFlags.size()> set{};
  for (const std::string& word : words) {
    CW_ASSIGN(const size_t index, ParseChoice(word, kFlags));
    set[index] = true;
  }
  if (set[kSave] && set[kNoSave]) {
    return Refuse("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  std::string text;
  for (size_t i = kDefault + 1; i < kFlags.size(); ++i) {
    if (set[i]) text += (text.empty() ? "" : " ") + std::string(kFlags[i]);
  }
  return text.empty() ? std::string(kFlags[kDefault]) : text;
}

Result<std::string> NormaliseHostname(std::span<const std::string> words) {
  constexpr size_t kBytesMax = 255;
  const std::string& name = words[0];
  if (name.size() > kBytesMax) return Refuse("Hostnames must be less than 256 characters");
  const auto fits = [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.'; };
  if (!std::ranges::all_of(name, fits)) {
    return Refuse("Hostnames may only contain alphanumeric characters, hyphens or dots");
  }
  return name;
}

Result<std::string> NormaliseNodeName(std::span<const std::string> words) {
  constexpr std::string_view kReserved = "!#$%&()*+:;<>?@[]^{|}~";
  const std::string& name = words[0];
  const auto fits = [&](char c) {
    return c > ' ' && c <= '~' && kReserved.find(c) == std::string_view::npos;
  };
  if (!std::ranges::all_of(name, fits)) {
    return Refuse("Announced human node name contained invalid character");
  }
  return name;
}

Result<std::string> NormaliseTitleTemplate(std::span<const std::string> words) {
  constexpr std::array<std::string_view, 7> kVariables = {
      "title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"};
  std::string_view rest = words[0];
  if (rest.empty()) return Refuse("template format is invalid or contains unknown variables");
  for (size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    rest.remove_prefix(open + 1);
    if (rest.starts_with('{')) {  // two stand for one
      rest.remove_prefix(1);
      continue;
    }
    const size_t close = rest.find('}');
    const std::string_view name = rest.substr(0, close);
    if (close == std::string_view::npos || !std::ranges::count(kVariables, name)) {
      return Refuse("template format is invalid or contains unknown variables");
    }
    rest.remove_prefix(close + 1);
  }
  return words[0];
}

}  // namespace cordwood::config
