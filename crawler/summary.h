// summary.json: what a run came to, in one object whose keys are always all there. docs/summary.md
// is its schema; `weir stats` prints it.
//
//   folder.write("summary.json", summary_json(settings, pipeline));
//
// Thread-compatible.
#pragma once

#include <string>

#include "config/settings.h"
#include "crawler/bottleneck.h"
#include "crawler/pipeline.h"

namespace weir {

// Requires: the pipeline has ended.
std::string summary_json(const config::Settings& settings, const Pipeline& pipeline);

// The measured flow of a crawl, so far or as a whole.
Flow flow_of(const config::Settings& settings, const Progress& progress);

}  // namespace weir
