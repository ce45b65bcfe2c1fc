#pragma once

// What a row says of a command's arguments: a text to read and to write by hand, out of which
// COMMAND DOCS makes its tree and HELP its lines.
//
//   key#0                    a key, which key spec 0 finds
//   value                    a string; others say their type: count:integer
//   NX                       a token by itself, with the name "nx"; NX=unless-there has another
//   COUNT count:integer      a token and what follows it
//   condition=(NX | XX)      one of these
//   pair=<field value>       all of these
//   [...]                    optional
//   field...                 one or several; behind "...each" the token comes before each of them
//   addr{ip:port}            what to show instead of the name
//   GET@6.2.0  old~2.8.12    since when there is this, or since when one should not use it
//
// Types: integer, double, key, pattern, unix-time. Marks stand in this order: "#" or ":" or a
// group, then "{}", "@", "~", "...". A token that does not look like one is put in quotes:
// '='=equal.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::commands {

struct Argument {
  enum class Type : uint8_t {
    kString,
    kInteger,
    kDouble,
    kKey,
    kPattern,
    kUnixTime,
    kPureToken,
    kOneOf,
    kBlock,
  };

  std::string name;
  Type type = Type::kString;
  std::string_view token;
  std::string_view display;  // empty: the name
  std::string_view since;
  std::string_view deprecated_since;
  int key_spec = -1;
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::vector<Argument> parts;  // of a group

  bool is_group() const { return type == Type::kOneOf || type == Type::kBlock; }
  std::string_view shown() const { return display.empty() ? std::string_view(name) : display; }
};

/// Nothing if `syntax` is not written as above. The result points into it.
std::optional<std::vector<Argument>> ParseArguments(std::string_view syntax);

/// As a person reads it: "<key> [NX|XX] [COUNT <count>] <field> [<field> ...]".
std::string ShowArguments(const std::vector<Argument>& arguments);

}  // namespace cordwood::commands
