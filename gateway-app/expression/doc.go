// Package expression compiles and evaluates the rules of a regime: expressions in the Common Expression Language
// (github.com/google/cel-spec) that members agreed on as data.
//
// The rule: an expression sees the variables and functions that its kind of rule offers, and its own figures as
// constants; its numbers are whole and of 64 bits, and beside them it knows only true and false and text. What is
// not known is unknown, and so is whatever is made of it, unless the expression asks by known(x). A share of nothing is unknown.
//
// What is guaranteed: a rule that compiles cannot fail by type, cannot loop, cannot run longer than its cost limit,
// and answers the same for the same values, whoever asks. A number beyond 64 bits and a division by zero are errors,
// never a wrapped or a rounded value. What is wrong is said with the rule, the line and the column.
//
// The package reads no clock, database or file, and knows no rule: those are the regime's.
package expression
