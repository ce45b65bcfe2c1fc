#include "protocol/reply_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/number.h"

namespace cordwood::protocol {
namespace {

/// A type byte, twenty digits, CR LF.
constexpr size_t kHeaderBytesMax = 23;

/// Writes "<type><value>\r\n" and returns its length. Most headers have one or two digits.
size_t FormatHeader(char* to, char type, int64_t value) {
  to[0] = type;
  size_t at = 1;
  if (value >= 0 && value < 10) {
    to[at++] = static_cast<char>('0' + value);
  } else if (value >= 10 && value < 100) {
    to[at++] = static_cast<char>('0' + value / 10);
    to[at++] = static_cast<char>('0' + value % 10);
  } else {
    at += FormatInt64(value, to + at);
  }
  to[at++] = '\r';
  to[at++] = '\n';
  return at;
}

size_t FormatHeader(char* to, char type, size_t value) {
  return FormatHeader(to, type, static_cast<int64_t>(value));
}

}  // namespace

std::string_view CodeOfError(std::string_view error) {
  // Whatever is longer is no code.
  constexpr size_t kCodeBytesMax = 32;
  if (error.starts_with('-')) error.remove_prefix(1);
  const size_t end = error.substr(0, kCodeBytesMax).find(' ');
  return end == std::string_view::npos ? "ERR" : error.substr(0, end);
}

void ReplyWriter::GiveAwayAll() {
  if (end_ != std::numeric_limits<size_t>::max()) end_ -= out_.size();
  pieces_->push_back(std::exchange(out_, {}));
}

void ReplyWriter::Line(char type, std::string_view text) {
  if (!Fits(text.size() + 3)) return;
  out_.push_back(type);
  const size_t start = out_.size();
  out_.append(text);
  const auto ends_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  std::replace_if(out_.begin() + static_cast<std::ptrdiff_t>(start), out_.end(), ends_line, ' ');
  out_.append("\r\n");
}

void ReplyWriter::Header(char type, size_t count) {
  char header[kHeaderBytesMax];
  Raw({header, FormatHeader(header, type, count)});
}

void ReplyWriter::Integer(int64_t value) {
  char header[kHeaderBytesMax];
  Raw({header, FormatHeader(header, ':', value)});
}

void ReplyWriter::Bulk(std::string_view bytes) {
  char header[kHeaderBytesMax];
  const size_t header_bytes = FormatHeader(header, '$', bytes.size());
  const size_t reply_bytes = header_bytes + bytes.size() + 2;
  if (!Fits(reply_bytes)) return;
  const size_t start = out_.size();
  const size_t end = start + reply_bytes;
  out_.resize_and_overwrite(end, [&](char* to, size_t /*room*/) {
    char* at = std::copy_n(header, header_bytes, to + start);
    at = std::copy_n(bytes.data(), bytes.size(), at);
    at[0] = '\r';
    at[1] = '\n';
    return end;
  });
}

void ReplyWriter::BulkInteger(int64_t value) {
  char text[kInt64TextMax];
  Bulk({text, FormatInt64(value, text)});
}

void ReplyWriter::Null() { Raw(resp3() ? "_\r\n" : "$-1\r\n"); }

void ReplyWriter::NullArray() { Raw(resp3() ? "_\r\n" : "*-1\r\n"); }

void ReplyWriter::InsertHeader(size_t position, char type, size_t count) {
  char header[kHeaderBytesMax];
  const size_t header_bytes = FormatHeader(header, type, count);
  if (Fits(header_bytes)) out_.insert(position, header, header_bytes);
}

void ReplyWriter::InsertArrayHeader(size_t position, size_t count) {
  InsertHeader(position, '*', count);
}

void ReplyWriter::InsertMapHeader(size_t position, size_t pairs) {
  InsertHeader(position, resp3() ? '%' : '*', resp3() ? pairs : 2 * pairs);
}

void ReplyWriter::InsertSetHeader(size_t position, size_t count) {
  InsertHeader(position, resp3() ? '~' : '*', count);
}

void ReplyWriter::Double(double value) {
  std::string text;
  AppendDouble(text, value);
  DoubleText(text);
}

void ReplyWriter::Bool(bool value) {
  if (resp3()) {
    Raw(value ? "#t\r\n" : "#f\r\n");
  } else {
    Raw(value ? kOneReply : kZeroReply);
  }
}

void ReplyWriter::VerbatimString(std::string_view text, std::string_view format) {
  CHECK(format.size() == 3);
  if (!resp3()) {
    Bulk(text);
    return;
  }
  Header('=', format.size() + 1 + text.size());
  if (Fits(format.size() + text.size() + 3)) {
    out_.append(format).append(":").append(text).append("\r\n");
  }
}

}  // namespace cordwood::protocol
