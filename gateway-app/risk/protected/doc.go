// Package protected knows names: those of columns, fields, signals and variables that say they hold sex, age,
// marriage, origin, religion, disability or the like.
//
// The rule: no model and no rule looks at what a person is protected by. A schema's mark says which columns do; this
// is the net below it, for the mark that was left off. A column that the net catches is marked or ignored, or its
// schema is refused.
//
// What is guaranteed: a name is read the same in full width, in capitals, and with its words run on or set apart.
//
// The package never looks at values, and clears nobody: a name can hide what it holds.
package protected
