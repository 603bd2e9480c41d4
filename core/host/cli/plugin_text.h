// Plugins described for people: text for a terminal, Markdown for a README.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"
#include "tomada/config.h"
#include "tomada/plugin.h"

namespace tomada {

// "one", "optional", "one_or_more".
std::string_view CountName(Port::Count count);
// What a port takes: "a store", "a store, optional", "one or more services".
std::string PortTakes(const Port& port);

// "integer", "string, secret"; "host:port, exclusive" of a key with a claim.
std::string TypeText(const ConfigField& field);
// What narrows the type: "0 to 64", "one of debug, info"; empty when nothing does.
std::string RangeText(const ConfigField& field);

// Name, ports and config, with the keys of objects as "tls.key", "policy[].name" and "clients.ID.name", for `tomada
// describe`. No secret's default is in it.
std::string DescribeAsText(const Plugin& plugin);
// Name, kind, version, summary and ports, for `tomada plugins --json` and `tomada inspect --json`.
json::Members DescribeAsJson(const Plugin& plugin);
// The config as the Markdown table that the plugin's README holds.
std::string DescribeAsMarkdown(const ConfigSchema& schema);

// Columns as wide as their widest cell, two spaces between, a line for each row. All rows have as many cells.
std::string AlignedColumns(const std::vector<std::vector<std::string>>& rows);

}  // namespace tomada
