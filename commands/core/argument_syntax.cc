#include "commands/core/argument_syntax.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"

namespace cordwood::commands {
namespace {

using Type = Argument::Type;

constexpr std::pair<std::string_view, Type> kTypes[] = {
    {"integer", Type::kInteger}, {"double", Type::kDouble},      {"key", Type::kKey},
    {"pattern", Type::kPattern}, {"unix-time", Type::kUnixTime},
};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsOfToken(char c) { return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '-'; }
bool IsOfName(char c) { return IsLower(c) || IsDigit(c) || c == '-' || c == '_'; }
bool IsOfVersion(char c) { return IsDigit(c) || c == '.'; }

/// Reads from the front of a text. What it cannot read leaves an error that stays.
class Parser {
 public:
  explicit Parser(std::string_view text) : left_(text) {}

  std::vector<Argument> List(std::string_view separator) {
    std::vector<Argument> list;
    do {
      list.push_back(Item());
    } while (ok_ && Take(separator));
    return list;
  }

  bool done() const { return ok_ && left_.empty(); }

 private:
  Argument Item() {
    if (!Take("[")) return Plain();
    Argument argument = Plain();
    argument.optional = true;
    Expect("]");
    return argument;
  }

  Argument Plain() {
    Argument argument;
    argument.token = Token();
    const bool pure = !argument.token.empty() && !IsFollowedByName();
    if (pure) {
      argument.type = Type::kPureToken;
      argument.name = Take("=") ? std::string(Some(IsOfName)) : ToLower(argument.token);
    } else {
      if (!argument.token.empty()) Expect(" ");
      argument.name = Some(IsOfName);
      Kind(argument);
    }
    Marks(argument);
    return argument;
  }

  /// Empty if there is none.
  std::string_view Token() {
    if (Take("'")) {
      const std::string_view token = Some([](char c) { return c != '\''; });
      Expect("'");
      return token;
    }
    const bool is_token = !left_.empty() && IsOfToken(left_.front()) && !IsDigit(left_.front());
    return is_token ? Some(IsOfToken) : std::string_view();
  }

  bool IsFollowedByName() const {
    return left_.size() >= 2 && left_[0] == ' ' && IsLower(left_[1]);
  }

  void Kind(Argument& argument) {
    if (Take("=(")) {
      argument.type = Type::kOneOf;
      argument.parts = List(" | ");
      Expect(")");
    } else if (Take("=<")) {
      argument.type = Type::kBlock;
      argument.parts = List(" ");
      Expect(">");
    } else if (Take("#")) {
      argument.type = Type::kKey;
      argument.key_spec = static_cast<int>(ParseInt64(Some(IsDigit)).value_or(-1));
    } else if (Take(":")) {
      const std::string_view name = Some(IsOfName);
      const auto* type = std::ranges::find(kTypes, name, &std::pair<std::string_view, Type>::first);
      ok_ = ok_ && type != std::end(kTypes);
      if (ok_) argument.type = type->second;
    }
  }

  void Marks(Argument& argument) {
    if (Take("{")) {
      argument.display = Some([](char c) { return c != '}'; });
      Expect("}");
    }
    if (Take("@")) argument.since = Version();
    if (Take("~")) argument.deprecated_since = Version();
    argument.multiple = Take("...");
    argument.multiple_token = argument.multiple && Take("each");
  }

  /// Three numbers. The dots of "..." may stand behind them.
  std::string_view Version() {
    size_t size = 0;
    while (size < left_.size() && IsOfVersion(left_[size]) &&
           !left_.substr(size).starts_with("...")) {
      ++size;
    }
    const std::string_view version = First(size);
    ok_ = ok_ && std::ranges::count(version, '.') == 2;
    return version;
  }

  bool Take(std::string_view text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
  }

  void Expect(std::string_view text) { ok_ = Take(text) && ok_; }

  /// At least one of the characters that `belongs` takes.
  template <typename Belongs>
  std::string_view Some(const Belongs& belongs) {
    const auto* end = std::ranges::find_if_not(left_, belongs);
    const std::string_view taken = First(static_cast<size_t>(end - left_.begin()));
    ok_ = ok_ && !taken.empty();
    return taken;
  }

  std::string_view First(size_t size) {
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::string_view left_;
  bool ok_ = true;
};

std::string Show(const Argument& argument);

std::string Joined(const std::vector<Argument>& arguments, std::string_view separator) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += separator;
    text += Show(argument);
  }
  return text;
}

/// Without its token, its repetition and its brackets.
std::string ShowValue(const Argument& argument) {
  switch (argument.type) {
    case Type::kPureToken:
      return std::string(argument.token);
    case Type::kOneOf: {
      const bool in_brackets = argument.optional && argument.token.empty() && !argument.multiple;
      const std::string choices = Joined(argument.parts, "|");
      return in_brackets ? choices : Format("({})", choices);
    }
    case Type::kBlock:
      return Joined(argument.parts, " ");
    default:
      return Format("<{}>", argument.shown());
  }
}

std::string Show(const Argument& argument) {
  const std::string value = ShowValue(argument);
  const bool has_token = !argument.token.empty() && argument.type != Type::kPureToken;
  const std::string token = has_token ? Format("{} ", argument.token) : "";
  std::string text = token + value;
  if (argument.multiple && argument.type == Type::kOneOf) {
    text += " ...";
  } else if (argument.multiple) {
    text += Format(" [{}{} ...]", argument.multiple_token ? token : "", value);
  }
  return argument.optional ? Format("[{}]", text) : text;
}

}  // namespace

std::optional<std::vector<Argument>> ParseArguments(std::string_view syntax) {
  if (syntax.empty()) return std::vector<Argument>();
  Parser parser(syntax);
  std::vector<Argument> arguments = parser.List(" ");
  if (!parser.done()) return std::nullopt;
  return arguments;
}

std::string ShowArguments(const std::vector<Argument>& arguments) { return Joined(arguments, " "); }

}  // namespace cordwood::commands
