"""The 47 prefectures, in the order of JIS X 0401, as the options of an address."""

from models.language import Text
from models.schema.fields.base import Option

_NAMES = (
    ("hokkaido", "北海道", "Hokkaido", "ホッカイドウ"),
    ("aomori", "青森県", "Aomori", "アオモリケン"),
    ("iwate", "岩手県", "Iwate", "イワテケン"),
    ("miyagi", "宮城県", "Miyagi", "ミヤギケン"),
    ("akita", "秋田県", "Akita", "アキタケン"),
    ("yamagata", "山形県", "Yamagata", "ヤマガタケン"),
    ("fukushima", "福島県", "Fukushima", "フクシマケン"),
    ("ibaraki", "茨城県", "Ibaraki", "イバラキケン"),
    ("tochigi", "栃木県", "Tochigi", "トチギケン"),
    ("gunma", "群馬県", "Gunma", "グンマケン"),
    ("saitama", "埼玉県", "Saitama", "サイタマケン"),
    ("chiba", "千葉県", "Chiba", "チバケン"),
    ("tokyo", "東京都", "Tokyo", "トウキョウト"),
    ("kanagawa", "神奈川県", "Kanagawa", "カナガワケン"),
    ("niigata", "新潟県", "Niigata", "ニイガタケン"),
    ("toyama", "富山県", "Toyama", "トヤマケン"),
    ("ishikawa", "石川県", "Ishikawa", "イシカワケン"),
    ("fukui", "福井県", "Fukui", "フクイケン"),
    ("yamanashi", "山梨県", "Yamanashi", "ヤマナシケン"),
    ("nagano", "長野県", "Nagano", "ナガノケン"),
    ("gifu", "岐阜県", "Gifu", "ギフケン"),
    ("shizuoka", "静岡県", "Shizuoka", "シズオカケン"),
    ("aichi", "愛知県", "Aichi", "アイチケン"),
    ("mie", "三重県", "Mie", "ミエケン"),
    ("shiga", "滋賀県", "Shiga", "シガケン"),
    ("kyoto", "京都府", "Kyoto", "キョウトフ"),
    ("osaka", "大阪府", "Osaka", "オオサカフ"),
    ("hyogo", "兵庫県", "Hyogo", "ヒョウゴケン"),
    ("nara", "奈良県", "Nara", "ナラケン"),
    ("wakayama", "和歌山県", "Wakayama", "ワカヤマケン"),
    ("tottori", "鳥取県", "Tottori", "トットリケン"),
    ("shimane", "島根県", "Shimane", "シマネケン"),
    ("okayama", "岡山県", "Okayama", "オカヤマケン"),
    ("hiroshima", "広島県", "Hiroshima", "ヒロシマケン"),
    ("yamaguchi", "山口県", "Yamaguchi", "ヤマグチケン"),
    ("tokushima", "徳島県", "Tokushima", "トクシマケン"),
    ("kagawa", "香川県", "Kagawa", "カガワケン"),
    ("ehime", "愛媛県", "Ehime", "エヒメケン"),
    ("kochi", "高知県", "Kochi", "コウチケン"),
    ("fukuoka", "福岡県", "Fukuoka", "フクオカケン"),
    ("saga", "佐賀県", "Saga", "サガケン"),
    ("nagasaki", "長崎県", "Nagasaki", "ナガサキケン"),
    ("kumamoto", "熊本県", "Kumamoto", "クマモトケン"),
    ("oita", "大分県", "Oita", "オオイタケン"),
    ("miyazaki", "宮崎県", "Miyazaki", "ミヤザキケン"),
    ("kagoshima", "鹿児島県", "Kagoshima", "カゴシマケン"),
    ("okinawa", "沖縄県", "Okinawa", "オキナワケン"),
)

PREFECTURES: tuple[Option, ...] = tuple(
    Option(code=code, label=Text(ja=japanese, en=english), attributes={"kana": reading})
    for code, japanese, english, reading in _NAMES
)
"""Codes are the lower-case English names."""
