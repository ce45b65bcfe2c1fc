#include "commands/core/arg_reader.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"

namespace cordwood::commands {
namespace {

template <typename T>
std::optional<T> OrReply(std::optional<T> value, std::string_view error, Call& call) {
  if (!value) call.reply.Error(error);
  return value;
}

std::optional<uint64_t> ParseCursor(std::string_view text) {
  const std::string terminated(text);
  if (!text.empty() && IsSpace(text.front())) return std::nullopt;
  errno = 0;
  char* end = nullptr;
  const uint64_t cursor = std::strtoull(terminated.c_str(), &end, 10);
  if (end != terminated.c_str() + terminated.size() || errno == ERANGE) return std::nullopt;
  return cursor;
}

}  // namespace

std::optional<int64_t> ArgReader::Int64(std::string_view error) {
  return OrReply(ParseInt64(Next()), error, call_);
}

std::optional<uint64_t> ArgReader::CountFrom(uint64_t least, std::string_view error) {
  const std::optional<int64_t> count = Int64(error);
  if (!count) return std::nullopt;
  if (*count >= static_cast<int64_t>(least)) return static_cast<uint64_t>(*count);
  call_.reply.Error(error);
  return std::nullopt;
}

std::optional<int64_t> ArgReader::Int64Between(int64_t min, int64_t max) {
  const std::optional<int64_t> value = Int64();
  if (!value || (*value >= min && *value <= max)) return value;
  call_.reply.Error(Format("ERR value is out of range, value must between {} and {}", min, max));
  return std::nullopt;
}

std::optional<double> ArgReader::Double(std::string_view error) {
  return OrReply(ParseDouble(Next()), error, call_);
}

std::optional<long double> ArgReader::LongDouble(std::string_view error) {
  return OrReply(ParseLongDouble(Next()), error, call_);
}

std::optional<std::string_view> ArgReader::Pattern() {
  const std::string_view pattern = Next();
  if (pattern.size() <= kPatternBytesMax) return pattern;
  call_.reply.Error("ERR the pattern is longer than 1024 bytes");
  return std::nullopt;
}

std::optional<uint64_t> ArgReader::Cursor() {
  return OrReply(ParseCursor(Next()), "ERR invalid cursor", call_);
}

}  // namespace cordwood::commands
