// Package mocks has a mock of each port, generated from the interfaces.
//
// Mocks prove interaction, such as that nothing is sent after a refusal; behaviour is proven with the memory adapters.
// Only test files import this package.
package mocks

//go:generate go tool mockgen -typed -write_package_comment=false -package=mocks -destination=ports.go -mock_names=Store=Store,Tx=Tx,Queue=Queue,Sender=Sender,Model=Model,Clock=Clock,Group=Group,Box=Box,IDs=IDs,Observer=Observer,Notifier=Notifier,BatchModel=BatchModel github.com/marketbrewer/marketbrewer/ports Store,Tx,Queue,Sender,Model,Clock,Group,Box,IDs,Observer,Notifier,BatchModel
