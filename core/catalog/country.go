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

// CountryCode is a country code as it is kept: in upper case, and the two that people write by habit as ISO 3166 has them. It does not
// say whether there is such a country.
func CountryCode(s string) string {
	switch s = strings.ToUpper(trim(s)); s {
	case "USA":
		return defaultCountry
	case "UK":
		return "GB"
	}
	return s
}

// country checks a country code; an empty one becomes the fallback.
func (k *checker) country(path string, s *string, fallback string) {
	*s = CountryCode(*s)
	if *s == "" {
		// A wrong fallback has been reported where it stands.
		*s = fallback
		return
	}
	if !coded(countries, *s) {
		k.add(path, "%s is no country code; write the two letters of ISO 3166, for example US", shown(*s)).as(CodeNotAllowed)
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
	if code := stateCode(country, *s); code != "" {
		k.add(path, "%s is no state code of %s; write %s", shown(*s), country, code).as(CodeNotAllowed)
		return
	}
	k.add(path, "%s is no state of %s; write its two-letter code, for example %s", shown(*s), country, example).as(CodeNotAllowed)
}

// stateNames is the names of the states by which people may call them.
const stateNames = "Alabama=AL,Alaska=AK,Arizona=AZ,Arkansas=AR,California=CA,Colorado=CO,Connecticut=CT,Delaware=DE," +
	"District of Columbia=DC,Florida=FL,Georgia=GA,Hawaii=HI,Idaho=ID,Illinois=IL,Indiana=IN,Iowa=IA,Kansas=KS,Kentucky=KY," +
	"Louisiana=LA,Maine=ME,Maryland=MD,Massachusetts=MA,Michigan=MI,Minnesota=MN,Mississippi=MS,Missouri=MO,Montana=MT," +
	"Nebraska=NE,Nevada=NV,New Hampshire=NH,New Jersey=NJ,New Mexico=NM,New York=NY,North Carolina=NC,North Dakota=ND,Ohio=OH," +
	"Oklahoma=OK,Oregon=OR,Pennsylvania=PA,Puerto Rico=PR,Rhode Island=RI,South Carolina=SC,South Dakota=SD,Tennessee=TN," +
	"Texas=TX,Utah=UT,Vermont=VT,Virginia=VA,Washington=WA,West Virginia=WV,Wisconsin=WI,Wyoming=WY"

// stateCode is the code of a state of the United States that is written out, "" when there is none.
func stateCode(country, name string) string {
	if country != defaultCountry {
		return ""
	}
	for entry := range strings.SplitSeq(stateNames, ",") {
		if full, code, _ := strings.Cut(entry, "="); strings.EqualFold(full, name) {
			return code
		}
	}
	return ""
}

// placeName is the city when both it and its state are there, for messages about slugs.
func placeName(city, state string) string {
	if state == "" {
		return ""
	}
	return city
}
