// The tests of this repository find what the tests of rules elsewhere use in the same place as everything else.
@_exported public import RuleTesting
