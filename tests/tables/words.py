"""Names that classes have in many languages, by the encodings in which old tables hold them."""

CHINESE = """
猫 狗 玫瑰 郁金香 向日葵 健康 锈病 白粉病 苹果 香蕉 西瓜 葡萄 正常 缺陷 划痕 裂纹 污点 水稻
小麦 玉米 大豆 棉花 飞机 汽车 火车 自行车 老虎 狮子 大象 熊猫 兔子 蝴蝶 蚂蚁 银杏 枫叶 松树
柳树 橡树 良性 恶性 肺炎 树叶 花朵 桌子 椅子
"""
TRADITIONAL = """
貓 狗 玫瑰 鬱金香 向日葵 健康 白粉病 蘋果 香蕉 西瓜 葡萄 正常 缺陷 劃痕 裂紋 污點 水稻 小麥
玉米 大豆 棉花 飛機 汽車 火車 自行車 老虎 獅子 大象 熊貓 兔子 蝴蝶 螞蟻 銀杏 楓葉 松樹 柳樹
橡樹 良性 惡性 肺炎 樹葉 花朵 桌子 椅子
"""
JAPANESE = """
犬 猫 ねこ いぬ ウサギ 健康 病気 桜 梅 松 竹 菊 正常 異常 不良 良品 傷 汚れ トマト キュウリ
りんご みかん ぶどう 稲 小麦 大豆 銀杏 紅葉 カエデ 飛行機 自動車 電車 自転車 虎 象 熊 蝶 蜂
良性 悪性 肺炎 葉 花 机 椅子
"""
KOREAN = """
고양이 개 정상 결함 강아지 토끼 호랑이 사자 코끼리 곰 나비 개미 은행나무 단풍나무 소나무
장미 튤립 해바라기 사과 바나나 포도 수박 벼 밀 옥수수 콩 건강 질병 불량 양품 긁힘 균열 얼룩
비행기 자동차 기차 자전거 양성 악성 폐렴 잎 꽃 책상 의자
"""
RUSSIAN = """
кошка собака Кот Пёс дуб берёза клён сосна ель липа роза тюльпан подсолнух яблоко банан
арбуз виноград норма дефект царапина трещина пятно рис пшеница кукуруза соя хлопок самолёт
автомобиль поезд велосипед тигр лев слон медведь заяц бабочка муравей доброкачественная
злокачественная пневмония лист цветок стол стул
"""
WESTERN = """
chêne érable Bäume Büsche niño corazón ñandú búho hêtre frêne tremblé rosé forêt châtaignier
Löwe Bär Käfer Möwe Fuß Straße Grün schön Äpfel Öl Über Kürbis Mädchen león águila ratón
árbol plátano limón piña maçã pão coração maçã lírio björn räv älg träd fågel blåbär ørn bøg
æble ål città caffè è perché
"""
CENTRAL = """
dąb świerk žába kočka vlaštovka jabłoń źdźbło żaba łoś niedźwiedź wróbel dziecioł ćma pająk
mrówka gołąb kůň včela motýl bříza růže slunečnice švestka třešeň tölgy fenyő nyír körte
szőlő dió rózsa őz róka češnja žir mačka
"""
GREEK = """
γάτα σκύλος δέντρο φύλλο λουλούδι τριαντάφυλλο μήλο μπανάνα σταφύλι καρπούζι ρύζι σιτάρι
καλαμπόκι τίγρης λιοντάρι ελέφαντας αρκούδα κουνέλι πεταλούδα μυρμήγκι υγιές άρρωστο
αεροπλάνο αυτοκίνητο τρένο ποδήλατο πεύκο δρυς πλάτανος καλοήθης κακοήθης πνευμονία τραπέζι
καρέκλα
"""
TURKISH = """
meşe ağaç çınar kayın köpek kuş ördek tavşan karınca gül ayçiçeği üzüm pirinç buğday mısır
sağlıklı hastalıklı uçak çam söğüt çiçek kötü şeftali balık kaplumbağa güvercin
"""
HEBREW = """
כלב חתול עץ עלה פרח ורד תפוח בננה ענבים אבטיח אורז חיטה תירס נמר אריה פיל דוב ארנב פרפר נמלה
בריא חולה מטוס מכונית רכבת אופניים אורן אלון דקל שפיר ממאיר שולחן כיסא
"""
ARABIC = """
كلب قطة شجرة ورقة زهرة وردة تفاح موز عنب بطيخ أرز قمح ذرة نمر أسد فيل دب أرنب فراشة نملة
سليم مريض طائرة سيارة قطار دراجة صنوبر بلوط نخيل حميد خبيث طاولة كرسي
"""
