// What is wired to what in a plan, for people and for programs. Components stand in the order of their start.
#pragma once

#include <string>

#include "plan.h"

namespace tomada {

// A line for each component: number, id, plugin, and what it uses, by port.
std::string GraphAsText(const Plan& plan);

// A graph for Graphviz: an arrow from each user to what it uses, labelled with the port, dashed where the port
// degrades. Stores are cylinders, services boxes, transports arrows, the host, when it is used, an octagon.
std::string GraphAsDot(const Plan& plan);

// {"components": [{"id": "usuarios", "plugin": "usuarios", "kind": "service", "uses": {"store": ["store"]}}]}
std::string GraphAsJson(const Plan& plan);

}  // namespace tomada
