package catalog

import "strings"

const defaultCountry = "US"

// countries is ISO 3166-1 alpha-2.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ" +
	" NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW" +
	" SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ" +
	" UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// usStates is the USPS codes of the states, the district, the territories and the armed forces' addresses.
const usStates = " AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY" +
	" AS GU MP PR VI UM FM MH PW AA AE AP "

// caProvinces is the Canada Post codes of the provinces and territories.
const caProvinces = " AB BC MB NB NL NS NT NU ON PE QC SK YT "

// coded reports whether code is one of the two-letter codes of the list.
func coded(list, code string) bool {
	return len(code) == 2 && strings.Contains(list, " "+code+" ")
}

// country checks a country code; an empty one becomes the fallback.
func (k *checker) country(path string, s *string, fallback string) {
	*s = strings.ToUpper(trim(*s))
	switch *s {
	case "":
		// A wrong fallback has been reported where it stands.
		*s = fallback
		return
	case "USA":
		*s = "US"
	case "UK":
		*s = "GB"
	}
	if !coded(countries, *s) {
		k.add(path, "%s is no country code; write the two letters of ISO 3166, for example US", shown(*s))
	}
}

// state checks a state: two-letter codes in the United States and Canada, free text elsewhere.
func (k *checker) state(path string, s *string, n need, country string) {
	if !k.line(path, s, n, 1, 100) {
		return
	}
	list, example := "", ""
	switch country {
	case "US":
		list, example = usStates, "MA"
	case "CA":
		list, example = caProvinces, "ON"
	default:
		return
	}
	if upper := strings.ToUpper(*s); coded(list, upper) {
		*s = upper
		return
	}
	k.add(path, "%s is no state of %s; write its two-letter code, for example %s", shown(*s), country, example)
}

// placeName is the city when both it and its state are there, for messages about slugs.
func placeName(city, state string) string {
	if state == "" {
		return ""
	}
	return city
}
