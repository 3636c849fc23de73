// Package deploy reads the deployment template, as the programs that check a deployment need it: with parameters filled in,
// intrinsic functions worked out, and what belongs together in one value. It deploys nothing.
//
// Only the intrinsic functions that the template uses are known; any other is an error, so that nothing is passed over.
package deploy
