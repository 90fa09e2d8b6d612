"""The GS1 application identifiers: one row each, read by `ai_table.py`.

Source: GS1 General Specifications, figure 3.2-1 (formats, titles), 4.13 and 4.14 (which identifiers need or
exclude which), and GS1 Digital Link URI Syntax 1.7, section 4 (keys, data attributes).

Columns, parted by `|`: AI or range; title; title in Chinese; format; use; needs; excludes.
Format: components `N` digits, `X` character set 82, `Y` character set 39, `Z` base64url; `N6` exactly six,
`X..20` one to twenty; `[…]` may be missing, `[N3]x4` up to four times; after colons stand checks.
Use: `f` length fixed in advance, so that no separator follows; `a` may be a Digital Link data attribute.
Needs: groups parted by `;`, all must be met; in a group `,` means any of, `+` together; `n` any digit.
"""

from typing import Final

KEYS_AND_DATES: Final = """
00|SSCC|系列货运包装箱代码|N18:check-digit:prefix-second|fa||
01|GTIN|全球贸易项目代码|N14:check-digit:prefix-second|fa||255,37
02|CONTENT|内含贸易项目代码|N14:check-digit:prefix-second|fa|37|01,03
03|MTO GTIN|定制贸易项目代码|N14:check-digit:prefix-second|f||01,02,37,235
10|BATCH/LOT|批号|X..20|a|01,02,03,8006,8026|
11|PROD DATE|生产日期|N6:date-or-month|fa|01,02,03,8006,8026|
12|DUE DATE|付款截止日期|N6:date-or-month|fa|8020|
13|PACK DATE|包装日期|N6:date-or-month|fa|01,02,03,8006,8026|
15|BEST BEFORE or BEST BY|最佳食用日期|N6:date-or-month|fa|01,02,03,8006,8026|
16|SELL BY|销售截止日期|N6:date-or-month|fa|01,02,03,8006,8026|
17|USE BY or EXPIRY|有效期至|N6:date-or-month|fa|01,02,03,255,8006,8026|
20|VARIANT|内部产品变体|N2|fa|01,02,03,8006,8026|
21|SERIAL|序列号|X..20||01,03,8006|235
22|CPV|消费品变体|X..20||01|
235|TPX|第三方序列号|X..28||01|
240|ADDITIONAL ID|附加产品标识|X..30|a|01,02,03,8006,8026|
241|CUST. PART No.|客户方代码|X..30|a|01,02,03,8006,8026|
242|MTO VARIANT|定制产品变体|N..6|a|01,02,8006,8026|
243|PCN|包装组件代码|X..20|a|01,03|
250|SECONDARY SERIAL|二级序列号|X..30|a|01+21,03+21,8006+21|
251|REF. TO SOURCE|源实体参考代码|X..30|a|01,03,8006|
253|GDTI|全球文件类型代码|N13:check-digit:prefix [X..17]|a||
254|GLN EXTENSION COMPONENT|位置码扩展|X..20||414|
255|GCN|全球优惠券代码|N13:check-digit:prefix [N..12]|a||01,02,415,8006,8020,8026
30|VAR. COUNT|变量数量|N..8|a|01,02|
37|COUNT|内含件数|N..8|a|00+02,00+8026|
3900-3909|AMOUNT|应付金额或优惠券面值|N..15|a|255,8020|390n,391n,394n,8111
3910-3919|AMOUNT|应付金额（含币种）|N3:currency N..15|a|8020|391n
3920-3929|PRICE|应付金额（变量贸易项目）|N..15|a|01+30,01+31nn,01+32nn,01+35nn,01+36nn|392n,393n
3930-3939|PRICE|应付金额（变量贸易项目，含币种）|N3:currency N..15|a|30,31nn,32nn,35nn,36nn|393n
3940-3943|PRCNT OFF|优惠百分比|N4|a|255|394n,8111
3950-3955|PRICE/UoM|单价|N6|a|30,31nn,32nn,35nn,36nn|392n,393n,395n,8005
400|ORDER NUMBER|客户订单号|X..30|a||
401|GINC|全球托运标识代码|X..30:prefix|a||
402|GSIN|全球装运标识代码|N17:check-digit:prefix|a||
403|ROUTE|路径代码|X..30|a|00|
410|SHIP TO LOC|交货地全球位置码|N13:check-digit:prefix|fa||
411|BILL TO|受票方全球位置码|N13:check-digit:prefix|fa||
412|PURCHASE FROM|供货方全球位置码|N13:check-digit:prefix|fa||
413|SHIP FOR LOC|货物最终目的地全球位置码|N13:check-digit:prefix|fa||
414|LOC No.|物理位置全球位置码|N13:check-digit:prefix|fa||
415|PAY TO|开票方全球位置码|N13:check-digit:prefix|fa|8020|
416|PROD/SERV LOC|生产或服务位置全球位置码|N13:check-digit:prefix|fa||
417|PARTY|参与方全球位置码|N13:check-digit:prefix|fa||
420|SHIP TO POST|交货地邮政编码|X..20|a||421
421|SHIP TO POST|交货地邮政编码（含国家代码）|N3:country X..9|a||4307
422|ORIGIN|原产国|N3:country|a|01,02,03,8006,8026|426
423|COUNTRY - INITIAL PROCESS|初始加工国|N3:country [N3:country]x4|a|01,02,03|426
424|COUNTRY - PROCESS|加工国|N3:country|a|01,02,03|426
425|COUNTRY - DISASSEMBLY|拆分国|N3:country [N3:country]x4|a|01,02,03|426
426|COUNTRY - FULL PROCESS|全程加工国|N3:country|a|01,02,03|
427|ORIGIN SUBDIVISION|原产地行政区划|X..3|a|01+422,02+422,03+422|
"""

MEASURES: Final = """
3100-3105|NET WEIGHT (kg)|净重（千克）|N6|fa|01,02|310n
3110-3115|LENGTH (m)|长度（米）|N6|fa|01,02|311n
3120-3125|WIDTH (m)|宽度（米）|N6|fa|01,02|312n
3130-3135|HEIGHT (m)|高度（米）|N6|fa|01,02|313n
3140-3145|AREA (m²)|面积（平方米）|N6|fa|01,02|314n
3150-3155|NET VOLUME (l)|净容积（升）|N6|fa|01,02|315n
3160-3165|NET VOLUME (m³)|净体积（立方米）|N6|fa|01,02|316n
3200-3205|NET WEIGHT (lb)|净重（磅）|N6|fa|01,02|320n
3210-3215|LENGTH (in)|长度（英寸）|N6|fa|01,02|321n
3220-3225|LENGTH (ft)|长度（英尺）|N6|fa|01,02|322n
3230-3235|LENGTH (yd)|长度（码）|N6|fa|01,02|323n
3240-3245|WIDTH (in)|宽度（英寸）|N6|fa|01,02|324n
3250-3255|WIDTH (ft)|宽度（英尺）|N6|fa|01,02|325n
3260-3265|WIDTH (yd)|宽度（码）|N6|fa|01,02|326n
3270-3275|HEIGHT (in)|高度（英寸）|N6|fa|01,02|327n
3280-3285|HEIGHT (ft)|高度（英尺）|N6|fa|01,02|328n
3290-3295|HEIGHT (yd)|高度（码）|N6|fa|01,02|329n
3300-3305|GROSS WEIGHT (kg)|毛重（千克）|N6|fa|00,01|330n
3310-3315|LENGTH (m), log|物流长度（米）|N6|fa|00,01|331n
3320-3325|WIDTH (m), log|物流宽度（米）|N6|fa|00,01|332n
3330-3335|HEIGHT (m), log|物流高度（米）|N6|fa|00,01|333n
3340-3345|AREA (m²), log|物流面积（平方米）|N6|fa|00,01|334n
3350-3355|VOLUME (l), log|物流容积（升）|N6|fa|00,01|335n
3360-3365|VOLUME (m³), log|物流体积（立方米）|N6|fa|00,01|336n
3370-3375|KG PER m²|每平方米千克数|N6|fa|01|337n
3400-3405|GROSS WEIGHT (lb)|毛重（磅）|N6|fa|00,01|340n
3410-3415|LENGTH (in), log|物流长度（英寸）|N6|fa|00,01|341n
3420-3425|LENGTH (ft), log|物流长度（英尺）|N6|fa|00,01|342n
3430-3435|LENGTH (yd), log|物流长度（码）|N6|fa|00,01|343n
3440-3445|WIDTH (in), log|物流宽度（英寸）|N6|fa|00,01|344n
3450-3455|WIDTH (ft), log|物流宽度（英尺）|N6|fa|00,01|345n
3460-3465|WIDTH (yd), log|物流宽度（码）|N6|fa|00,01|346n
3470-3475|HEIGHT (in), log|物流高度（英寸）|N6|fa|00,01|347n
3480-3485|HEIGHT (ft), log|物流高度（英尺）|N6|fa|00,01|348n
3490-3495|HEIGHT (yd), log|物流高度（码）|N6|fa|00,01|349n
3500-3505|AREA (in²)|面积（平方英寸）|N6|fa|01,02|350n
3510-3515|AREA (ft²)|面积（平方英尺）|N6|fa|01,02|351n
3520-3525|AREA (yd²)|面积（平方码）|N6|fa|01,02|352n
3530-3535|AREA (in²), log|物流面积（平方英寸）|N6|fa|00,01|353n
3540-3545|AREA (ft²), log|物流面积（平方英尺）|N6|fa|00,01|354n
3550-3555|AREA (yd²), log|物流面积（平方码）|N6|fa|00,01|355n
3560-3565|NET WEIGHT (tr oz)|净重（金衡盎司）|N6|fa|01,02|356n
3570-3575|NET VOLUME (oz)|净重或净容积（盎司）|N6|fa|01,02|357n
3600-3605|NET VOLUME (qt (US))|净容积（夸脱）|N6|fa|01,02|360n
3610-3615|NET VOLUME (gal.)|净容积（加仑）|N6|fa|01,02|361n
3620-3625|VOLUME (qt (US)), log|物流容积（夸脱）|N6|fa|00,01|362n
3630-3635|VOLUME (gal (US)), log|物流容积（加仑）|N6|fa|00,01|363n
3640-3645|NET VOLUME (in³)|净体积（立方英寸）|N6|fa|01,02|364n
3650-3655|NET VOLUME (ft³)|净体积（立方英尺）|N6|fa|01,02|365n
3660-3665|NET VOLUME (yd³)|净体积（立方码）|N6|fa|01,02|366n
3670-3675|VOLUME (in³), log|物流体积（立方英寸）|N6|fa|00,01|367n
3680-3685|VOLUME (ft³), log|物流体积（立方英尺）|N6|fa|00,01|368n
3690-3695|VOLUME (yd³), log|物流体积（立方码）|N6|fa|00,01|369n
"""

TRANSPORT: Final = """
4300|SHIP TO COMP|收货公司|X..35:percent-encoding|a|00|
4301|SHIP TO NAME|收货联系人|X..35:percent-encoding|a|00|
4302|SHIP TO ADD1|收货地址一|X..70:percent-encoding|a|00|
4303|SHIP TO ADD2|收货地址二|X..70:percent-encoding|a|4302|
4304|SHIP TO SUB|收货街区|X..70:percent-encoding|a|00|
4305|SHIP TO LOC|收货城市|X..70:percent-encoding|a|00|
4306|SHIP TO REG|收货地区|X..70:percent-encoding|a|00|
4307|SHIP TO COUNTRY|收货国家|X2:country-letters|a|00|
4308|SHIP TO PHONE|收货电话|X..30|a|00|
4309|SHIP TO GEO|收货地理坐标|N10:latitude N10:longitude|a|00|
4310|RTN TO COMP|退货公司|X..35:percent-encoding|a|00|
4311|RTN TO NAME|退货联系人|X..35:percent-encoding|a|00|
4312|RTN TO ADD1|退货地址一|X..70:percent-encoding|a|00|
4313|RTN TO ADD2|退货地址二|X..70:percent-encoding|a|4312|
4314|RTN TO SUB|退货街区|X..70:percent-encoding|a|00|
4315|RTN TO LOC|退货城市|X..70:percent-encoding|a|00|
4316|RTN TO REG|退货地区|X..70:percent-encoding|a|00|
4317|RTN TO COUNTRY|退货国家|X2:country-letters|a|00|
4318|RTN TO POST|退货邮政编码|X..20|a|00|
4319|RTN TO PHONE|退货电话|X..30|a|00|
4320|SRV DESCRIPTION|服务说明|X..35:percent-encoding|a|00|
4321|DANGEROUS GOODS|危险品标志|N1:yes-no|a|00|
4322|AUTH TO LEAVE|授权放置标志|N1:yes-no|a|00|
4323|SIG REQUIRED|签收要求标志|N1:yes-no|a|00|
4324|NOT BEF DEL DT|最早送达时间|N6:date-or-month N4:hour-minute|a|00|
4325|NOT AFT DEL DT|最晚送达时间|N6:date-or-month N4:hour-minute|a|00|
4326|REL DATE|放行日期|N6:date|a|00|
4330|MAX TEMP F.|最高温度（华氏）|N6 [X1:hyphen]|a|00|4331
4331|MAX TEMP C.|最高温度（摄氏）|N6 [X1:hyphen]|a|00|4330
4332|MIN TEMP F.|最低温度（华氏）|N6 [X1:hyphen]|a|00|4333
4333|MIN TEMP C.|最低温度（摄氏）|N6 [X1:hyphen]|a|00|4332
"""

TRADE_ITEM_ATTRIBUTES: Final = """
7001|NSN|北约物资编号|N13|a|01,02,8006,8026|
7002|MEAT CUT|胴体肉与分割产品分类|X..30|a|01,02|
7003|EXPIRY TIME|失效日期和时间|N6:date N4:hour-minute|a|01,02,03|
7004|ACTIVE POTENCY|活性值|N..4|a|01+10,03+10|
7005|CATCH AREA|捕捞区域|X..12|a|01,02|
7006|FIRST FREEZE DATE|首次冷冻日期|N6:date|a|01,02|
7007|HARVEST DATE|收获日期|N6:date [N6:date]|a|01,02|
7008|AQUATIC SPECIES|渔业物种|X..3|a|01,02|
7009|FISHING GEAR TYPE|渔具类型|X..10|a|01,02|
7010|PROD METHOD|生产方式|X..2|a|01,02,03|
7011|TEST BY DATE|检测截止日期|N6:date [N4:hour-minute]|a|01,02,03|
7020|REFURB LOT|翻新批号|X..20|a|01+416,03+416,8006+416|
7021|FUNC STAT|功能状态|X..20|a|01,03,8006|
7022|REV STAT|修订状态|X..20|a|01+7021,03+7021,8006+7021|
7023|GIAI - ASSEMBLY|组合件单个资产代码|X..30:prefix|a||
7030-7039|PROCESSOR #|加工方（含国家代码）|N3:country-or-999 X..27|a|01,02|
7040|UIC+EXT|唯一识别码及扩展|N1 X1 X1 X1:importer-index|||
7041|UFRGT UNIT TYPE|货运单元类型|X..4:package-type||00|
710|NHRN PZN|国家医保编号（德国）|X..20|a|01|
711|NHRN CIP|国家医保编号（法国）|X..20|a|01|
712|NHRN CN|国家医保编号（西班牙）|X..20|a|01|
713|NHRN DRN|国家医保编号（巴西）|X..20|a|01|
714|NHRN AIM|国家医保编号（葡萄牙）|X..20|a|01|
715|NHRN NDC|国家医保编号（美国）|X..20|a|01|
716|NHRN AIC|国家医保编号（意大利）|X..20|a|01|
717|NHRN SRN|国家医保编号（哥斯达黎加）|X..20|a|01|
7230-7239|CERT #|认证编号|X2 X..28|a|01,8004|
7240|PROTOCOL|方案编号|X..20|a|01,8006|03
7241|AIDC MEDIA TYPE|自动识别载体类型|N2:media-type|a|8017,8018|
7242|VCN|版本控制号|X..25|a|8017,8018|
7250|DOB|出生日期|N8:date-with-century|a|8018|7251
7251|DOB TIME|出生日期和时间|N8:date-with-century N4:hour-minute|a|8018|7250
7252|BIO SEX|生理性别|N1:sex|a|8018|
7253|FAMILY NAME|姓|X..40:percent-encoding|a|8017,8018|7256,7259
7254|GIVEN NAME|名|X..40:percent-encoding|a|8017,8018|7256,7259
7255|SUFFIX|姓名后缀|X..10|a|8017,8018|7256,7259
7256|FULL NAME|全名|X..90:percent-encoding|a|8017,8018|
7257|PERSON ADDR|个人地址|X..70:percent-encoding|a|8018|
7258|BIRTH SEQUENCE|出生次序|X3:position-of-end|a|8018+7259|
7259|BABY|婴儿姓氏|X..40:percent-encoding|a|8018|7256
"""

SPECIAL: Final = """
8001|DIMENSIONS|卷状产品尺寸|N4:not-zero N5:not-zero N3:not-zero N1:winding N1|a|01|
8002|CMT No.|移动电话序列号|X..20|a||
8003|GRAI|全球可回收资产代码|N1:zero N13:check-digit:prefix [X..16]|a||
8004|GIAI|全球单个资产代码|X..30:prefix|a||
8005|PRICE PER UNIT|单价|N6|a|01,02|
8006|ITIP|贸易项目组件代码|N14:check-digit:prefix-second N4:piece-of-total|a||01,03,37
8007|IBAN|国际银行账号|X..34:iban|a|415|
8008|PROD TIME|生产日期和时间|N6:date N2:hour [N2:minute] [N2:minute]|a|01,02,03|
8009|OPTSEN|光学传感器指示|X..50|a|00,01,03|
8010|CPID|组件或部件代码|Y..30:prefix|a||
8011|CPID SERIAL|组件或部件序列号|N..12:no-leading-zero||8010|
8012|VERSION|软件版本|X..20|a|01,03,8006|
8013|GMN|全球型号代码|X..25:check-pair:prefix|a||
8014|MUDI|高度个性化器械主标识|X..25:check-pair:prefix:has-letter||01|
8017|GSRN - PROVIDER|服务提供方关系代码|N18:check-digit:prefix|a||8018
8018|GSRN - RECIPIENT|服务接受方关系代码|N18:check-digit:prefix|a||8017
8019|SRIN|服务关系事项代码|N..10||8017,8018|
8020|REF No.|付款单参考号|X..25||415|
8026|ITIP CONTENT|内含贸易项目组件代码|N14:check-digit:prefix-second N4:piece-of-total|a|37|02,03,8006
8030|DIGSIG|数字签名|Z..90|a|00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018|
8040|IMEI|国际移动设备识别码|N15||01+21|
8041|IMEI2|第二国际移动设备识别码|N15||01+21+8040|
8042|ESIM|嵌入式 SIM 卡号|N32||01+21+8040|
8043|PSIM|实体 SIM 卡号|N18 [N..2]||01+21+8040|
8110|COUPON|北美优惠券代码|X..70:coupon|a||
8111|POINTS|积分|N4|a|255|
8112|COUPON OFFER|北美优惠券数据|X..70:coupon-offer|a||
8200|PRODUCT URL|扩展包装网址|X..70||01|
90|INTERNAL|贸易伙伴间约定信息|X..30|a||
91-99|INTERNAL|公司内部信息|X..90|a||
"""

ROWS: Final = KEYS_AND_DATES + MEASURES + TRANSPORT + TRADE_ITEM_ATTRIBUTES + SPECIAL
