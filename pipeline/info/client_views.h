#pragma once

// What CLIENT LIST, INFO and KILL are told of a connection.
//
// Threads: the loop's.

#include "commands/core/clients.h"
#include "pipeline/pipeline.h"

namespace cordwood::pipeline {

/// What subscriptions, MONITOR and tracking know of the session stands here, too.
commands::ClientView ViewOf(const Pipeline& pipeline, const Session& session);

}  // namespace cordwood::pipeline
