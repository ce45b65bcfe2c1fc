#pragma once

// Keyspace events as messages: what happened to a key is published when it is visible (rule P1 of
// the commit contract), on the channels that notify-keyspace-events names.
//
//   K   __keyspace@<db>__:<key>     the message is the event
//   E   __keyevent@<db>__:<event>   the message is the key
//
// Ownership: refers to what it is given. Threads: the loop's.

#include <vector>

#include "config/config.h"
#include "keyspace/core/key_event.h"
#include "pipeline/gate/outgoing.h"
#include "pipeline/tables/subscribers.h"
#include "storage/entry.h"

namespace cordwood::pipeline {

class EventMessages {
 public:
  EventMessages(const config::Config& config, Outgoing& outgoing, Subscribers& subscribers)
      : config_(config), outgoing_(outgoing), subscribers_(subscribers) {}
  EventMessages(const EventMessages&) = delete;
  EventMessages& operator=(const EventMessages&) = delete;

  /// They happened, and leave once `dep` is visible.
  void Add(const std::vector<keyspace::KeyEvent>& events, storage::Seq dep) {
    for (const keyspace::KeyEvent& event : events) AddOne(event, dep);
  }

 private:
  void AddOne(const keyspace::KeyEvent& event, storage::Seq dep);

  const config::Config& config_;
  Outgoing& outgoing_;
  Subscribers& subscribers_;
};

}  // namespace cordwood::pipeline
