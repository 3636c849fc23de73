package backoffice

import "github.com/marketbrewer/marketbrewer/core/catalog"

// ParseBulkServices reads a CSV (text/csv) or TSV (text/tab-separated-values) file with a header row, by RFC 4180. A row that
// cannot be read is given with its problems; the error, catalog.Problems, is for a file that cannot be read as such.
func ParseBulkServices(contentType string, data []byte) ([]BulkInput[catalog.Service], error) {
	return nil, errNotYet()
}

// ParseBulkKeywords is ParseBulkServices for keywords.
func ParseBulkKeywords(contentType string, data []byte) ([]BulkInput[catalog.Keyword], error) {
	return nil, errNotYet()
}

// ParseBulkServiceAreas is ParseBulkServices for service areas.
func ParseBulkServiceAreas(contentType string, data []byte) ([]BulkInput[catalog.ServiceArea], error) {
	return nil, errNotYet()
}

// ParseBulkLocations is ParseBulkServices for locations.
func ParseBulkLocations(contentType string, data []byte) ([]BulkInput[catalog.Location], error) {
	return nil, errNotYet()
}
