#pragma once

#include <string>

#include "report.h"

namespace tomada::conformance {

// The report as CI systems read it: a testsuite for each area.
std::string JUnitOf(const Report& report);

}  // namespace tomada::conformance
