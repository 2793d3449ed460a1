// Package lambda finds out what the function of a Keras Lambda layer computes, and
// says it again in what Keras opens in safe mode: standard layers, the operation
// nodes of Keras 3, or the TFOpLambda nodes of Keras 2.
//
// [Understand] interprets the function symbolically over its inputs: arithmetic,
// indexing, and the calls of [Functions] with constant arguments give a [Graph];
// anything else gives a reason. A graph is a pure function of the inputs: random
// numbers, variables, files and conditions on data are not understood. Names mean what
// they usually do: `tf` is tensorflow, `K` the Keras backend, `np` numpy, `ops`
// keras.ops; a function that imports them says so itself.
//
// The three renderings compute the same operations as the function did, one for
// one, but for [Graph.Layers], which may multiply by a reciprocal where the function
// divides. docs/formats/keras-lambda.md has the table.
//
// # Security
//
// The input comes from package bytecode, which bounds it. Interpretation takes a
// bounded number of steps, and numbers stay small; nothing is called but the
// arithmetic written here.
package lambda
