// Package deployment reaches a deployment on AWS from a person's machine: with the profiles and sign-ins of the AWS
// command line, it finds the table and the queue by what the deployed worker is told, opens them, and reads the deployed
// settings for whoever holds them against each other.
//
// It changes nothing of a deployment. Every error says what to do about it.
package deployment
