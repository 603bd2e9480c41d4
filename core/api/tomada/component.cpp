#include "tomada/component.h"

#include "tomada/backup.h"
#include "tomada/start_page.h"

// Out of line, so that each interface has its type information in this library alone: dynamic_cast across plugins
// depends on it.
namespace tomada {

Component::~Component() = default;
Drainable::~Drainable() = default;
HasBackup::~HasBackup() = default;
HasStartPage::~HasStartPage() = default;

}  // namespace tomada
