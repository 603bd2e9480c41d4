// Tasks and calls for code that is no coroutine.
#pragma once

#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
