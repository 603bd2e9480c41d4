#include "conformance/table_semantics.h"
#include "first_store.h"

namespace tomada::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(FirstStore, TableSemantics, ::testing::Values(StoreFactory("first", [] {
                           return std::make_unique<first_store::FirstStore>(first_store::Config());
                         })));

}  // namespace
}  // namespace tomada::testing
