// How many descriptors this process may have open.
#pragma once

namespace tomada {

// Raises the soft limit to the hard one. The soft one, 1024 on most systems, is there for programs that use select, and
// a thousand idle clients would fill it. To be called before there are threads or children.
void RaiseDescriptorLimit();

}  // namespace tomada
