#pragma once

// What is around a command: a few services, each with a header of its own, so that a handler's file
// says what it needs. The pipeline implements them; tests have a small fake.
//
// Threads: called on the thread that runs the command.

namespace cordwood::commands {

class Blocked;
class Clients;
class CommandTable;
class Cursors;
class Monitors;
class Process;
class PubSub;
class Settings;
class Tracking;
class Watches;
struct Monitoring;

/// All of them outlive the call, and the long read that it leaves behind.
struct Host {
  const CommandTable& commands;  // what the server can do
  Blocked& blocked;
  Clients& clients;
  Cursors& cursors;
  Monitoring& monitoring;
  Monitors& monitors;
  Process& process;
  PubSub& pubsub;
  Settings& settings;
  Tracking& tracking;
  Watches& watches;
};

}  // namespace cordwood::commands
