#include "protocol/request_parser.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "base/number.h"
#include "protocol/inline_command.h"

namespace cordwood::protocol {
namespace {

constexpr std::string_view kInvalidCrlf = "invalid CRLF in request";

/// How a TLS handshake begins: the type of its first record and the major version.
constexpr std::string_view kTlsHandshake = "\x16\x03";

/// More room for views than this is given back between requests.
constexpr size_t kKeepArguments = 1024;

/// A browser that was tricked into talking to us sends one of these before anything harmful.
bool IsHttp(std::string_view name) {
  if (name.size() == 4) return EqualsIgnoreCase(name, "post");
  return name.size() == 5 && EqualsIgnoreCase(name, "host:");
}

}  // namespace

std::span<char> RequestParser::WritableSpan(size_t min) {
  const bool at_last_bulk = missing_arguments_ == 1 && bulk_bytes_ >= 0;
  const size_t known_size = at_last_bulk ? position_ + static_cast<size_t>(bulk_bytes_) + 2 : 0;
  if (missing_arguments_ == 0) {
    argv_.clear();
    if (argv_.capacity() > kKeepArguments) argv_.shrink_to_fit();
  }

  const char* const old_data = buffer_.data();
  const std::unique_ptr<char[]> retired = buffer_.MakeRoom(min, known_size);
  const char* const data = buffer_.data();
  if (data != old_data) {
    for (std::string_view& argument : argv_) {
      argument = std::string_view(data + (argument.data() - old_data), argument.size());
    }
  }
  return buffer_.writable();
}

RequestParser::Outcome RequestParser::Next() {
  if (failed_) return Outcome::kError;
  if (missing_arguments_ == 0) argv_.clear();
  for (;;) {
    Step step = Step::kDone;
    if (missing_arguments_ == 0) {
      if (buffer_.size() == 0) return Outcome::kNeedMore;
      step = *buffer_.data() == '*' ? ReadArrayHeader() : ReadInline();
    }
    if (step == Step::kDone) step = ReadArguments();
    if (step == Step::kNeedMore) return Outcome::kNeedMore;
    if (step == Step::kError) return Outcome::kError;

    request_bytes_ = std::exchange(position_, 0);
    buffer_.Consume(request_bytes_);
    if (!argv_.empty()) return FinishCommand();
    // An empty request asks for nothing and gets nothing.
  }
}

RequestParser::Outcome RequestParser::FinishCommand() {
  if (IsHttp(argv_[0])) [[unlikely]] {
    FailSilently("an HTTP request arrived, possibly sent by a web page to attack this server");
    return Outcome::kError;
  }
  return Outcome::kCommand;
}

void RequestParser::ReleaseMemory() {
  if (missing_arguments_ != 0) return;
  std::vector<std::string_view>().swap(argv_);
  buffer_.ReleaseIfEmpty();
}

/// The line at position_: one byte that says what it is, a number, CR LF.
RequestParser::Step RequestParser::ReadLength(const LengthTexts& texts, int64_t& value) {
  // Most numbers have one digit or two; whatever is longer, odd or cut is for the slow ways.
  const char* const line = buffer_.data() + position_;
  const size_t size = buffer_.size() - position_;
  if (size < 5 || !IsDigit(line[1])) return ReadLongLength(texts, value);
  int64_t number = line[1] - '0';
  size_t end = 2;
  if (IsDigit(line[2]) && number != 0) {
    number = number * 10 + (line[2] - '0');
    end = 3;
  }
  if (line[end] != '\r' || line[end + 1] != '\n') return ReadLongLength(texts, value);
  value = number;
  position_ += end + 2;
  scanned_ = 0;
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadLongLength(const LengthTexts& texts, int64_t& value) {
  // Ten digits fit.
  constexpr size_t kDigitsMax = 10;
  const char* const line = buffer_.data() + position_;
  const size_t size = buffer_.size() - position_;
  const size_t digits_end = std::min(size, 1 + kDigitsMax);
  int64_t number = 0;
  size_t at = 1;
  while (at < digits_end && IsDigit(line[at])) {
    number = number * 10 + (line[at] - '0');
    ++at;
  }
  const bool complete = at + 2 <= size && line[at] == '\r' && line[at + 1] == '\n';
  if (!complete || at == 1 || (line[1] == '0' && at > 2)) return ReadLengthSlowly(texts, value);
  value = number;
  position_ += at + 2;
  scanned_ = 0;
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadArrayHeader() {
  static constexpr LengthTexts kTexts = {.invalid = "invalid multibulk length",
                                         .too_big = "too big mbulk count string"};
  int64_t count = 0;
  if (const Step step = ReadLength(kTexts, count); step != Step::kDone) return step;
  if (count <= 0) return Step::kDone;
  if (static_cast<uint64_t>(count) > limits_.max_arguments) return FailWith(kTexts.invalid);
  if (!limits_.authenticated && static_cast<uint64_t>(count) > kUnauthenticatedArguments) {
    return FailWith("unauthenticated multibulk length");
  }
  missing_arguments_ = static_cast<uint64_t>(count);
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadArguments() {
  const char* const data = buffer_.data();
  const size_t size = buffer_.size();
  while (missing_arguments_ > 0) {
    if (bulk_bytes_ < 0) {
      if (const Step step = ReadBulkHeader(); step != Step::kDone) return step;
    }
    const auto bytes = static_cast<size_t>(bulk_bytes_);
    const size_t available = size - position_;
    const char* const argument = data + position_;
    if (available > bytes && argument[bytes] != '\r') return FailWith(kInvalidCrlf);
    if (available < bytes + 2) return Step::kNeedMore;
    if (argument[bytes + 1] != '\n') return FailWith(kInvalidCrlf);
    argv_.emplace_back(argument, bytes);
    position_ += bytes + 2;
    bulk_bytes_ = -1;
    --missing_arguments_;
  }
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadBulkHeader() {
  static constexpr LengthTexts kTexts = {.invalid = "invalid bulk length",
                                         .too_big = "too big bulk count string"};
  if (position_ == buffer_.size()) return Step::kNeedMore;
  if (buffer_.data()[position_] != '$') return FailExpectingBulk(buffer_.data()[position_]);
  int64_t length = 0;
  if (const Step step = ReadLength(kTexts, length); step != Step::kDone) return step;
  if (length < 0 || static_cast<uint64_t>(length) > limits_.max_bulk_bytes) {
    return FailWith(kTexts.invalid);
  }
  const auto bytes = static_cast<size_t>(length);
  if (!limits_.authenticated && bytes > kUnauthenticatedBulkBytes) {
    return FailWith("unauthenticated bulk length");
  }
  if (position_ + bytes + 2 > limits_.max_request_bytes) {
    failure_.over_request_limit = true;
    return FailWith("a request is longer than client-query-buffer-limit");
  }
  bulk_bytes_ = length;
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadLengthSlowly(const LengthTexts& texts, int64_t& value) {
  const std::string_view line = buffer_.unconsumed().substr(position_);
  const std::string_view window = line.substr(0, limits_.max_inline_bytes + 1);
  const size_t end = window.find_first_of("\r\n", scanned_);
  if (end == std::string_view::npos) {
    if (line.size() > limits_.max_inline_bytes) return FailWith(texts.too_big);
    scanned_ = line.size();
    return Step::kNeedMore;
  }
  if (line[end] == '\n') return FailWith(texts.invalid);
  if (end + 1 == line.size()) {
    scanned_ = end;
    return Step::kNeedMore;
  }
  const std::optional<int64_t> number = ParseInt64(line.substr(1, end - 1));
  if (!number) return FailWith(texts.invalid);
  if (line[end + 1] != '\n') return FailWith(kInvalidCrlf);
  value = *number;
  position_ += end + 2;
  scanned_ = 0;
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadInline() {
  const std::string_view rest = buffer_.unconsumed();
  if (rest.starts_with(kTlsHandshake)) return FailSilently("a TLS handshake on a plain connection");
  const std::string_view window = rest.substr(0, limits_.max_inline_bytes + 1);
  const size_t end = window.find_first_of(std::string_view("\n\0", 2), scanned_);
  if (end == std::string_view::npos) {
    if (rest.size() > limits_.max_inline_bytes) return FailWith("too big inline request");
    scanned_ = rest.size();
    return Step::kNeedMore;
  }
  if (rest[end] == '\0') return FailWith("invalid inline");
  const size_t line_bytes = end > 0 && rest[end - 1] == '\r' ? end - 1 : end;
  if (!SplitInline(std::span<char>(buffer_.data(), line_bytes), argv_)) {
    argv_.clear();
    return FailWith("unbalanced quotes in request");
  }
  position_ = end + 1;
  scanned_ = 0;
  return Step::kDone;
}

RequestParser::Step RequestParser::FailWith(std::string_view text) {
  failed_ = true;
  argv_.clear();
  failure_.reply = "ERR Protocol error: ";
  failure_.reply += text;
  failure_.reason = text;
  return Step::kError;
}

RequestParser::Step RequestParser::FailExpectingBulk(char got) {
  FailWith("expected '$', got '");
  failure_.reply += got;
  failure_.reply += '\'';
  failure_.reason = "an argument is not a bulk string";
  return Step::kError;
}

RequestParser::Step RequestParser::FailSilently(std::string_view reason) {
  failed_ = true;
  argv_.clear();
  failure_.reply.clear();
  failure_.reason = reason;
  return Step::kError;
}

}  // namespace cordwood::protocol
