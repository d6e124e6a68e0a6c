// Package conflict makes an app's writes carry only what they change, and wins
// the 412 without losing anyone's edit.
package conflict
