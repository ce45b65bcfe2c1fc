#include "protocol/reply_value.h"

#include <cstddef>

#include "base/number.h"

namespace cordwood::protocol {
namespace {

void AppendQuoted(std::string& out, std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte >= 0x20 && byte < 0x7f) {
      out.push_back(c);
    } else if (c == '\r' || c == '\n') {
      out.append(c == '\r' ? "\\r" : "\\n");
    } else {
      out.append("\\x");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  out.push_back('"');
}

void AppendText(std::string& out, const Value& value);

void AppendItems(std::string& out, const std::vector<Value>& items, bool pairs) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.append(pairs && i % 2 == 1 ? ": " : ", ");
    AppendText(out, items[i]);
  }
}

void AppendAggregate(std::string& out, const Value& value) {
  const bool map = value.type == Value::Type::kMap;
  if (value.type == Value::Type::kSet) out.push_back('~');
  if (value.type == Value::Type::kPush) out.push_back('>');
  out.push_back(map ? '{' : '[');
  AppendItems(out, value.items, map);
  out.push_back(map ? '}' : ']');
}

void AppendText(std::string& out, const Value& value) {
  using Type = Value::Type;
  if (!value.attributes.empty()) {
    out.append("|{");
    AppendItems(out, value.attributes, true);
    out.append("} ");
  }
  switch (value.type) {
    case Type::kSimpleString:
      out.append(value.text);
      return;
    case Type::kError:
      out.append("-").append(value.text);
      return;
    case Type::kInteger:
      out.push_back(':');
      AppendInt64(out, value.integer);
      return;
    case Type::kBulk:
      AppendQuoted(out, value.text);
      return;
    case Type::kNull:
    case Type::kNullArray:
      out.append("nil");
      return;
    case Type::kArray:
    case Type::kMap:
    case Type::kSet:
    case Type::kPush:
      AppendAggregate(out, value);
      return;
    case Type::kDouble:
      out.push_back(',');
      AppendDouble(out, value.number);
      return;
    case Type::kBool:
      out.append(value.boolean ? "true" : "false");
      return;
    case Type::kBigNumber:
      out.append("(").append(value.text);
      return;
    case Type::kVerbatim:
      out.push_back('=');
      AppendQuoted(out, value.text);
      return;
    case Type::kBulkError:
      out.push_back('!');
      AppendQuoted(out, value.text);
      return;
  }
}

}  // namespace

bool Value::IsAggregate() const {
  return type == Type::kArray || type == Type::kMap || type == Type::kSet || type == Type::kPush;
}

std::string ToText(const Value& value) {
  std::string out;
  AppendText(out, value);
  return out;
}

}  // namespace cordwood::protocol
