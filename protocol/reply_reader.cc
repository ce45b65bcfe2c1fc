#include "protocol/reply_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/ascii.h"
#include "base/number.h"

namespace cordwood::protocol {
namespace {

std::unexpected<Error> Malformed(std::string_view what, std::string_view line) {
  constexpr size_t kShownBytes = 64;
  std::string message = "reply is malformed: ";
  message.append(what).append(": ").append(line.substr(0, kShownBytes));
  return Fail(ErrorCode::kCorruption, std::move(message));
}

bool IsBigNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, IsDigit);
}

std::optional<double> ParseDoubleReply(std::string_view text) {
  if (text == "nan" || text == "-nan") return std::numeric_limits<double>::quiet_NaN();
  return ParseDouble(text);
}

Value::Type BulkType(char type) {
  if (type == '=') return Value::Type::kVerbatim;
  return type == '!' ? Value::Type::kBulkError : Value::Type::kBulk;
}

Value::Type AggregateType(char type) {
  if (type == '%' || type == '|') return Value::Type::kMap;
  if (type == '~') return Value::Type::kSet;
  return type == '>' ? Value::Type::kPush : Value::Type::kArray;
}

}  // namespace

void ReplyReader::Feed(std::string_view bytes) {
  if (position_ > buffer_.size() / 2) {
    buffer_.erase(0, position_);
    position_ = 0;
  }
  buffer_.append(bytes);
}

Result<std::optional<Value>> ReplyReader::Next() {
  if (error_) return std::unexpected(*error_);
  Result<std::optional<Value>> result = Read();
  if (!result) error_ = result.error();
  return result;
}

Result<std::optional<Value>> ReplyReader::Read() {
  for (;;) {
    Value value;
    CW_ASSIGN(const Step step, ReadNode(value));
    if (step == Step::kNeedMore) return std::nullopt;
    if (step == Step::kOpened) continue;
    if (Place(value)) {
      elements_ = 0;
      return value;
    }
  }
}

bool ReplyReader::Place(Value& value) {
  while (!open_.empty()) {
    Frame& parent = open_.back();
    parent.value.items.push_back(std::move(value));
    if (--parent.missing > 0) return false;
    const bool attribute = parent.attribute;
    value = std::move(parent.value);
    open_.pop_back();
    if (attribute) {
      attributes_ = std::move(value.items);
      return false;
    }
  }
  return true;
}

Result<ReplyReader::Step> ReplyReader::ReadNode(Value& value) {
  CW_ASSIGN(const std::optional<std::string_view> line, Line());
  if (!line) return Step::kNeedMore;
  if (line->empty()) return Malformed("empty line", "");
  const char type = line->front();
  const std::string_view rest = line->substr(1);
  switch (type) {
    case '$':
    case '=':
    case '!':
      return ReadBulk(type, rest, value);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      return OpenAggregate(type, rest, value);
    default:
      return ReadText(type, rest, value);
  }
}

Result<std::optional<std::string_view>> ReplyReader::Line() {
  const std::string_view rest = std::string_view(buffer_).substr(position_);
  const size_t end = rest.find_first_of("\r\n", scanned_);
  const size_t length = end == std::string_view::npos ? rest.size() : end;
  if (length > limits_.max_line_bytes) {
    return Fail(ErrorCode::kTooLarge, "a line of a reply is too long");
  }
  scanned_ = length;
  if (length + 2 > rest.size()) {
    if (length < rest.size() && rest[length] == '\n') return Malformed("LF without CR", rest);
    return std::nullopt;
  }
  if (rest.substr(length, 2) != "\r\n") return Malformed("line end is not CR LF", rest);
  return rest.substr(0, length);
}

Result<ReplyReader::Step> ReplyReader::ReadText(char type, std::string_view line, Value& value) {
  using Type = Value::Type;
  bool valid = true;
  switch (type) {
    case '+':
    case '-':
      value.type = type == '+' ? Type::kSimpleString : Type::kError;
      value.text = line;
      break;
    case ':': {
      const std::optional<int64_t> integer = ParseInt64(line);
      valid = integer.has_value();
      value.type = Type::kInteger;
      value.integer = integer.value_or(0);
      break;
    }
    case ',': {
      const std::optional<double> number = ParseDoubleReply(line);
      valid = number.has_value();
      value.type = Type::kDouble;
      value.number = number.value_or(0);
      break;
    }
    case '#':
      valid = line == "t" || line == "f";
      value.type = Type::kBool;
      value.boolean = line == "t";
      break;
    case '(':
      valid = IsBigNumber(line);
      value.type = Type::kBigNumber;
      value.text = line;
      break;
    case '_':
      valid = line.empty();
      break;
    default:
      return Malformed("unknown type", std::string(1, type).append(line));
  }
  if (!valid) return Malformed("not a value of its type", std::string(1, type).append(line));
  position_ += 1 + line.size() + 2;
  scanned_ = 0;
  value.attributes = std::exchange(attributes_, {});
  return Step::kValue;
}

Result<ReplyReader::Step> ReplyReader::ReadBulk(char type, std::string_view line, Value& value) {
  const std::optional<int64_t> length = ParseInt64(line);
  const bool null = type == '$' && length == -1;
  if (!length || (*length < 0 && !null)) return Malformed("length", line);
  size_t end = position_ + 1 + line.size() + 2;
  if (!null) {
    const auto bytes = static_cast<size_t>(*length);
    if (bytes > limits_.max_bulk_bytes) {
      return Fail(ErrorCode::kTooLarge, "a bulk string of a reply is too long");
    }
    if (buffer_.size() - end < bytes + 2) return Step::kNeedMore;
    const std::string_view text = std::string_view(buffer_).substr(end, bytes);
    if (buffer_.compare(end + bytes, 2, "\r\n") != 0) return Malformed("end of bulk", text);
    if (type == '=' && (bytes < 4 || text[3] != ':')) return Malformed("verbatim", text);
    value.type = BulkType(type);
    value.text = text;
    end += bytes + 2;
  }
  position_ = end;
  scanned_ = 0;
  value.attributes = std::exchange(attributes_, {});
  return Step::kValue;
}

Result<ReplyReader::Step> ReplyReader::OpenAggregate(char type, std::string_view line,
                                                     Value& value) {
  const std::optional<int64_t> count = ParseInt64(line);
  const bool null = type == '*' && count == -1;
  if (!count || (*count < 0 && !null)) return Malformed("number of elements", line);
  const bool pairs = type == '%' || type == '|';
  const auto announced = null ? 0 : static_cast<uint64_t>(*count);
  if (announced > limits_.max_elements) {
    return Fail(ErrorCode::kTooLarge, "a reply has too many elements");
  }
  const uint64_t missing = pairs ? 2 * announced : announced;
  elements_ += missing;
  if (elements_ > limits_.max_elements) {
    return Fail(ErrorCode::kTooLarge, "a reply has too many elements");
  }
  if (open_.size() >= limits_.max_depth) {
    return Fail(ErrorCode::kTooLarge, "a reply is nested too deeply");
  }
  position_ += 1 + line.size() + 2;
  scanned_ = 0;

  const bool attribute = type == '|';
  value.type = null ? Value::Type::kNullArray : AggregateType(type);
  if (!attribute) value.attributes = std::exchange(attributes_, {});
  if (missing == 0) return attribute ? Step::kOpened : Step::kValue;
  open_.push_back({.value = std::move(value), .missing = missing, .attribute = attribute});
  return Step::kOpened;
}

}  // namespace cordwood::protocol
