#pragma once

// Random commands that make sense most of the time: forms like "SET k v {set}" filled with
// arguments that fit, and now and then one that does not.
//
//   k      a key; mostly one of the form's type, sometimes of another, sometimes missing
//   f v    a field, a value
//   e      a member of a set: a field's name or a small integer
//   i d    an integer, a floating-point number (a few of them broken)
//   q r    a score, a bound of a range of scores
//   y      a bound of a range of names
//   p l u  a place on the Earth, which is two words; a length; its unit
//   x o    a position in a string, one that may lie far behind its end
//   t      a time to live
//   a m    a moment, in seconds and in milliseconds since 1970
//   b      the number of a database
//   g      a glob pattern for keys
//   k+ f+ e+ kv+ fv+ qe+   one to four of them
//   {set}  options, none to three: see the table in command_stream.cc
//   other words stand for themselves
//
// No argument is ever a short time to live: a server with a clock of its own would expire the key
// at another moment.
//
// Owned by a test. Threads: one.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace cordwood::commands {

/// Forms of one family, and the prefix of the keys that hold its type.
struct CommandForms {
  std::string_view key_prefix;
  std::span<const std::string_view> forms;
  /// An argument is never replaced by one that makes no sense.
  bool keeps_arguments = false;
};

class CommandStream {
 public:
  CommandStream(uint64_t seed, std::vector<CommandForms> families)
      : random_(seed), families_(std::move(families)) {}

  std::vector<std::string> Next();

 private:
  void Fill(std::string_view token, std::vector<std::string>& argv);
  void FillOptions(std::string_view set, std::vector<std::string>& argv);
  /// Makes the command wrong in some way, most likely.
  void Spoil(std::vector<std::string>& argv, bool keeps_arguments);

  std::string Key();
  std::string Field();
  std::string Member();
  std::string Value();
  std::string Integer();
  std::string Float();
  std::string Pick(std::span<const std::string_view> from);

  Random random_;
  const std::vector<CommandForms> families_;
  std::string_view key_prefix_;  // of the family at work
};

CommandForms StringForms();
CommandForms HashForms();
/// Sets, with what happens to their keys. SPOP makes a server and another differ.
CommandForms SetForms();
/// Sorted sets, with what happens to their keys.
CommandForms SortedSetForms();
/// Operations over sorted sets and sets, and ranges that are stored.
CommandForms SortedOperationForms();
CommandForms GeoForms();
/// Sorted sets whose members all have the same score, by their names: others make no sense to
/// Redis.
CommandForms LexForms();
/// Lists: fields stand for elements, so that they repeat.
CommandForms ListForms();
/// Keys of strings and hashes, their expiry, and databases. They make keys of their own: no expiry
/// is relative to a clock.
CommandForms KeyForms();
/// MULTI and what belongs to it, among other forms.
CommandForms TransactionForms();

}  // namespace cordwood::commands
