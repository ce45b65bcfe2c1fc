#include "commands/core/command_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/ascii.h"
#include "base/check.h"
#include "base/format.h"
#include "commands/core/argument_syntax.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands {
namespace {

// Redis cuts what it repeats of a request.
constexpr size_t kQuotedMax = 128;

bool ArityFits(const Command& command, size_t arguments) {
  return command.arity >= 0 ? arguments == static_cast<size_t>(command.arity)
                            : arguments >= static_cast<size_t>(-command.arity);
}

/// What Redis would print of an argument: nothing behind a NUL.
std::string_view Quoted(std::string_view argument, size_t max) {
  return argument.substr(0, std::min(max, argument.find('\0')));
}

std::string UnknownCommand(std::span<const std::string_view> argv) {
  std::string begin;
  for (size_t i = 1; i < argv.size() && begin.size() < kQuotedMax; ++i) {
    begin += Format("'{}' ", Quoted(argv[i], kQuotedMax - begin.size()));
  }
  return Format("ERR unknown command '{}', with args beginning with: {}",
                Quoted(argv[0], kQuotedMax), begin);
}

std::string UnknownSubcommand(const Command& command, std::string_view name) {
  return Format("ERR unknown subcommand '{}'. Try {} HELP.", Quoted(name, kQuotedMax),
                InCapitals(command.name));
}

/// "get" of "config|get".
std::string_view SubcommandPart(const Command& container, const Command& subcommand) {
  return subcommand.name.substr(container.name.size() + 1);
}

const Command* FindSubcommand(const Command& container, std::string_view name) {
  for (const Command& subcommand : container.subcommands) {
    if (EqualsIgnoreCase(SubcommandPart(container, subcommand), name)) return &subcommand;
  }
  return nullptr;
}

void CheckRow(const Command& command) {
  CHECK(command.name == ToLower(command.name));
  CHECK(command.arity != 0);
  CHECK(ParseArguments(command.docs.arguments).has_value());
  CHECK(command.handler != nullptr || !command.subcommands.empty());
  for (const Command& subcommand : command.subcommands) {
    CHECK(subcommand.name.starts_with(Format("{}|", command.name)));
    CHECK(FindSubcommand(command, SubcommandPart(command, subcommand)) == &subcommand);
    CHECK(subcommand.handler != nullptr);
    CHECK(ParseArguments(subcommand.docs.arguments).has_value());
  }
}

/// Whether `name`, in any case, is a lower-case one.
bool Is(std::string_view lower, std::string_view name) {
  if (name.size() != lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if (ToLower(name[i]) != lower[i]) return false;
  }
  return true;
}

template <typename Number>
uint64_t Load(const char* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

/// Of a name in any case, by its first and its last letters: names that agree in them are few,
/// whatever clients send.
uint64_t HashOfName(std::string_view name) {
  // This bit is all that the cases of a letter differ in.
  constexpr uint64_t kCaseBits = 0x2020202020202020;
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  const char* const end = name.data() + name.size();
  uint64_t first = 0;
  uint64_t last = 0;
  if (name.size() >= 8) {
    first = Load<uint64_t>(name.data());
    last = Load<uint64_t>(end - 8);
  } else if (name.size() >= 4) {
    first = Load<uint32_t>(name.data());
    last = Load<uint32_t>(end - 4);
  } else if (!name.empty()) {
    first = Load<uint8_t>(name.data()) << 8 | Load<uint8_t>(name.data() + name.size() / 2);
    last = Load<uint8_t>(end - 1);
  }
  const uint64_t mixed = ((first | kCaseBits) ^ std::rotl(last | kCaseBits, 29)) * kOdd;
  return (mixed >> 32) + name.size();
}

}  // namespace

CommandTable::CommandTable(std::span<const Rows> families) {
  for (const Rows rows : families) {
    for (const Command& command : rows) all_.push_back(&command);
  }
  places_.resize(std::bit_ceil(8 * all_.size() + 1));
  for (const Command* const command : all_) {
    CheckRow(*command);
    const Command*& place = places_[PlaceOf(command->name)];
    CHECK(place == nullptr);
    place = command;
  }
}

size_t CommandTable::PlaceOf(std::string_view name) const {
  size_t place = HashOfName(name);
  for (const size_t last = places_.size() - 1;; ++place) {
    place &= last;
    const Command* const command = places_[place];
    if (command == nullptr || Is(command->name, name)) return place;
  }
}

const Command* CommandTable::Find(std::string_view name) const { return places_[PlaceOf(name)]; }

const Command* CommandTable::FindNamed(std::string_view name) const {
  const size_t bar = name.find('|');
  const Command* const command = Find(name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return FindSubcommand(*command, name.substr(bar + 1));
}

Resolved CommandTable::Resolve(std::span<const std::string_view> argv) const {
  CHECK(!argv.empty());
  const Command* command = Find(argv[0]);
  if (command == nullptr) return {.error = UnknownCommand(argv)};
  if (!command->subcommands.empty() && argv.size() > 1) {
    const Command* subcommand = FindSubcommand(*command, argv[1]);
    if (subcommand == nullptr) return {.error = UnknownSubcommand(*command, argv[1])};
    command = subcommand;
  }
  if (ArityFits(*command, argv.size()) && command->handler != nullptr) return {.command = command};
  return {.command = command, .error = WrongArity(command->name)};
}

}  // namespace cordwood::commands
